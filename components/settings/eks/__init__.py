"""`kserve-platform:cluster` with `provider: eks`: one file a subject, put together in `cluster`."""
