"""The cluster that a stack runs on: one typed handle, whatever made it."""
