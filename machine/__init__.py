"""What a machine needs before the engine can run: tools, images, a Docker Engine, and their cache."""
