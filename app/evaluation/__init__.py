"""The relationships of a design, found by definitions: pure and deterministic."""
