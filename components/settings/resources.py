"""Amounts of CPU and memory, as Kubernetes counts them."""

from __future__ import annotations

from components.settings.amounts import amount
from components.settings.base import Model
from components.settings.text import Cpu, Memory


class Amounts(Model):
    """Amounts of CPU and memory."""

    cpu: Cpu | None = None
    """CPU in cores (2, 0.5) or thousandths (500m)."""

    memory: Memory | None = None
    """Memory in bytes with a suffix, e.g. 2Gi."""


class Resources(Model):
    """What a container asks for and may use at most."""

    requests: Amounts = Amounts()
    """What the scheduler sets aside."""

    limits: Amounts = Amounts()
    """What the container may use at most."""


def sized(asked: Resources, default: Resources, hidden: Resources) -> Resources:
    """What is written down for a container: what is asked for it, and defaults for the rest.

    A default gives way where it contradicts what is asked: whoever asks for 4Gi and names no limit would else
    keep a limit of 2Gi, and the API server refuses the pod.

    Args:
        asked: What the user wants.
        default: What is written where the user is silent.
        hidden: What somebody else fills in where nothing is written; written only to be overruled.
    """
    requests, limits = asked.requests.model_dump(), asked.limits.model_dump()
    for name in requests:
        requests[name] = requests[name] or getattr(default.requests, name)
        limits[name] = limits[name] or getattr(default.limits, name)
        request = requests[name] or getattr(hidden.requests, name)
        limit = limits[name] or getattr(hidden.limits, name)
        if request and limit and amount(request) > amount(limit):
            if getattr(asked.limits, name):
                requests[name] = limit
            else:
                limits[name] = request
    return Resources(requests=Amounts(**requests), limits=Amounts(**limits))
