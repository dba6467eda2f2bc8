"""The one command-line program behind the Makefile."""
