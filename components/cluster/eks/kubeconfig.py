"""The kubeconfig of an EKS cluster: it holds no credential, the caller's own are asked each time. Pure."""

from __future__ import annotations

import json


def kubeconfig(name: str, region: str, endpoint: str, authority: str) -> str:
    """A kubeconfig whose tokens come from the AWS command line tool.

    A token that was put into it would be over after fifteen minutes, in the middle of a first `up`.

    Args:
        name: Name of the cluster.
        region: Its region.
        endpoint: URL of its API.
        authority: Its certificate authority, PEM in base64.
    """
    arguments = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "aws",
        "args": arguments,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}
            ],
            "users": [{"name": name, "user": {"exec": login}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        sort_keys=True,
    )
