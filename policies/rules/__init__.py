"""The rules, one file an idea. Each file gives its rules as `RULES`."""
