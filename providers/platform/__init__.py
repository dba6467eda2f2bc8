"""Our own plugin, `kserve-cluster`: the kind cluster, CRD sets and gates."""
