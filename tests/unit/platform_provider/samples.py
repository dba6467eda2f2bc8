"""Inputs and objects that several tests start from."""

from __future__ import annotations

from typing import Any

KIND_INPUTS: dict[str, Any] = {
    "name": "a",
    "kubernetesVersion": "1.34.4",
    "nodeImage": "docker.io/kindest/node:v1.34.4",
    "nodes": [
        {"role": "control-plane", "extraPortMappings": [{"hostPort": 8080, "containerPort": 30080}]},
    ],
}
"""A cluster of one node."""
