"""Models on the platform: InferenceServices, the store of their files, and the example."""
