"""Pulumi's engine as this command runs it: its environment, its state, one run of it and what it says."""
