"""Why something is not ready: the first broken link of its chain, and what the right container said last."""
