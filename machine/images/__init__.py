"""Container images built from pinned modules and packages, and the store that brings them to a node."""
