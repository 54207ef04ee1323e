"""Content that comes in: archives, documents and the formats of designs, as pure functions."""
