"""What NVIDIA's device plugin, MPS daemon and feature discovery are told: one file for all three. Pure.

Facts: api/config/v1 of github.com/NVIDIA/k8s-device-plugin v0.18.2 (flags.go, sharing.go, replicas.go).
"""

from __future__ import annotations

from typing import Any

import yaml

from components.settings.eks.nodes import GpuSettings

GPU_RESOURCE = "nvidia.com/gpu"
FILE = "config.yaml"


def plugin_config(gpu: GpuSettings) -> str:
    """The configuration file.

    Shared GPUs keep the name nvidia.com/gpu, which services ask for; otherwise they would be
    nvidia.com/gpu.shared and every InferenceService would have to know. MIG's parts are shown as GPUs too:
    strategy single.
    """
    flags: dict[str, Any] = {
        "migStrategy": "single" if gpu.sharing == "mig" else "none",
        # A plugin that finds no driver yet ends and is started again, instead of showing no GPUs for ever.
        "failOnInitError": True,
        "useNodeFeatureAPI": True,
    }
    config: dict[str, Any] = {"version": "v1", "flags": flags}
    replicated = {"renameByDefault": False, "resources": [{"name": GPU_RESOURCE, "replicas": gpu.replicas}]}
    if gpu.sharing == "timeSlicing":
        # Two turns at a GPU give no more of it than one: who asks for two is mistaken.
        config["sharing"] = {"timeSlicing": {"failRequestsGreaterThanOne": True, **replicated}}
    elif gpu.sharing == "mps":
        config["sharing"] = {"mps": replicated}
    return yaml.safe_dump(config, sort_keys=True)
