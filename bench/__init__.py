"""Measurements and endurance runs: `make bench`, `make soak`. Not part of the tests."""
