"""What the registry is made of: packages, sheets and CRDs read into definitions, purely."""
