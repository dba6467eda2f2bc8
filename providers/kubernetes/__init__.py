"""A stand-in for `pulumi-resource-kubernetes` where the official plugin cannot be had.

It serves the same program, the same types and the same state as the official one (4.32), so that a stack
started with either continues with the other. What it does not support it refuses in preview, by name.
"""
