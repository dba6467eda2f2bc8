"""How long pods may take to be ready where their machine has to be made first. Pure.

Knative gives a revision up after its progress deadline, for good: the next request changes nothing. Its
default, 600 s, is time for an image and a model; the rest is the machine's. What is not derived here is a
guess, since no machine of AWS was there to measure: five minutes more for images of 10 GB and models that
fill a GPU.
"""

from __future__ import annotations

from components.layers.fleet.cluster_autoscaler import PROVISION_MINUTES

KNATIVES_DEFAULT = 600
_LARGE_IMAGES = 300

MACHINE_DEADLINE = PROVISION_MINUTES * 60 + KNATIVES_DEFAULT
"""Seconds until a pod is given up that may wait for a machine."""

GPU_DEADLINE = MACHINE_DEADLINE + _LARGE_IMAGES
"""Seconds until a pod is given up that may wait for a machine with GPUs."""
