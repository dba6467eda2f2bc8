"""Container images built from pinned modules and packages, and the containerd store that brings them to a node."""
