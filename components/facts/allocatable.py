"""What of a machine pods can have: the kubelet and the system keep the rest.

Facts: the reservation that EKS's own node images make (amazon-eks-ami, nodeadm): 100 MiB before eviction, and
255 MiB and 11 MiB for each pod that fits; 6 % of the first core, 1 % of the second, 0.5 % of the next two and
0.25 % of the others.
"""

from __future__ import annotations

from fractions import Fraction

from components.facts.instances import Instance

_MIB = 2**20
# The pods of an xlarge without prefixes; others have more. So this much is never a pod's, on any machine.
_FEWEST_PODS = 58
_KEPT_MIB = 100 + 255 + 11 * _FEWEST_PODS


def allocatable_memory(instance: Instance) -> int:
    """The most memory that all pods of a machine can have together, in bytes.

    An upper bound, since firmware and kernel take some more: what is above it is certain never to fit.
    """
    return max(0, int(instance.memory_gib * 1024) - _KEPT_MIB) * _MIB


def allocatable_cpu(instance: Instance) -> Fraction:
    """CPU that all pods of a machine can have together, in cores."""
    kept = Fraction(60 + 10 * (instance.vcpus > 1), 1000)
    kept += Fraction(5 * min(2, max(0, instance.vcpus - 2)), 1000)
    kept += Fraction(5, 2000) * max(0, instance.vcpus - 4)
    return instance.vcpus - kept
