"""The services of stacks/examples/Pulumi.eks-gpu.yaml as the objects that the program makes of them."""

from __future__ import annotations

from pathlib import Path

from components.cluster.eks.machine_plan import plan_machines
from components.cluster.fleet import MachineGroup
from components.layers.model_storage import NAMESPACE
from components.layers.objects import Manifest
from components.serving.inference_service import manifest
from components.serving.services import predictor_of
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import gpu_groups
from components.settings.load import load_stack_file

STACK = Path(__file__).parents[3] / "stacks" / "examples" / "Pulumi.eks-gpu.yaml"


def gpu_examples() -> dict[str, Manifest]:
    """Both, by name."""
    settings = load_stack_file(STACK)
    assert isinstance(settings.cluster, EksSettings)
    groups = {}
    for name, group in gpu_groups(settings.cluster).items():
        plan = plan_machines(name, group, settings.cluster.gpu)
        groups[name] = MachineGroup(
            settings=group, labels=plan.labels, taints=(), zones=(), gpus=plan.gpus, managed=True
        )
    return {
        name: manifest(
            name,
            NAMESPACE,
            predictor_of(service, settings, gpu_resource="nvidia.com/gpu", built=False, groups=groups),
        )
        for name, service in settings.services.items()
    }
