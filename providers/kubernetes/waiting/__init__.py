"""When an object is what it was meant to be: one pure rule a kind, and one loop that waits (S16)."""
