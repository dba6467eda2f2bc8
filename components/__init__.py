"""The Pulumi program's parts: settings, catalog, cluster, layers, serving (see the README's map)."""
