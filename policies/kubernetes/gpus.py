"""How many GPUs a container asks for."""

from __future__ import annotations

from components.settings.amounts import amount
from policies.kubernetes.parts import Part

KEY = "nvidia.com/gpu"


def gpus(container: Part) -> int:
    """GPUs of a container; a slice of one (MIG) counts as one, since it takes a GPU machine as well."""
    limits = container.at("resources", "limits").value or container.at("resources", "requests").value
    if not limits:
        return 0
    asked = {
        name: count for name, count in limits.items() if name == KEY or name.startswith("nvidia.com/mig-")
    }
    return sum(int(amount(str(count))) if count else 0 for count in asked.values())
