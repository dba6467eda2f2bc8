"""Amounts of CPU and memory, as Kubernetes counts them."""

from __future__ import annotations

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
