"""Resource providers of the Pulumi engine: the platform's own, and a stand-in for Kubernetes."""
