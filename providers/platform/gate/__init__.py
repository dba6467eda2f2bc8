"""Gates: what must be true on the cluster before the next layer is built on it."""
