"""Benchmarks against servers that answer the same questions: `python -m tests.bench --help`."""
