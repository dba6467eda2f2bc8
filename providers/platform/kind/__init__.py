"""The kind cluster as a resource: created, read, compared, deleted; resumed after a reboot or a crash."""
