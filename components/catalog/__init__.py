"""What the platform is made of: pinned modules, components, images, and their rendered manifests."""
