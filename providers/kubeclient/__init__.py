"""Talking to a Kubernetes API server: kubeconfig, logins and requests, for both plugins of this project."""
