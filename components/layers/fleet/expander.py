"""Which group grows when several could: cluster-autoscaler's priority expander. Pure.

Facts: cluster-autoscaler/expander/priority/readme.md of kubernetes/autoscaler (name of the ConfigMap, its
key, the highest number wins, patterns are regular expressions of the names of groups). That EKS names the
Auto Scaling group eks-<name of the node group>-<uuid>, and that the AWS provider ends a name from a prefix by
26 digits, is from memory; should either change, every group has the priority of the last row and
`least-waste` decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from components.cluster.fleet import MachineGroup
from components.settings.eks.nodes import Capacity

PRIORITIES = "cluster-autoscaler-priority-expander"

# Reserved capacity is paid for whether it is used or not. Spot is cheap, and where there is none to be had,
# on demand is asked after `PROVISION_MINUTES`.
_BY_CAPACITY: Mapping[Capacity, int] = {
    "capacityBlock": 40,
    "capacityReservation": 40,
    "spot": 30,
    "onDemand": 20,
}
_ALL_OTHERS = 10
# components/cluster/eks/node_groups.py cuts the prefix of a name there.
_LONGEST = 36


def priorities(groups: Mapping[str, MachineGroup]) -> str:
    """The rows of the ConfigMap.

    Args:
        groups: By name.
    """
    rows: dict[int, list[str]] = {}
    for name, group in sorted(groups.items()):
        if group.managed:
            rows.setdefault(_BY_CAPACITY[group.settings.capacity], []).append(pattern(name))
    rows[_ALL_OTHERS] = [".*"]
    return yaml.safe_dump(rows, sort_keys=True)


def pattern(group: str) -> str:
    """Regular expression of the names of a group's Auto Scaling groups alone: gpu is not gpu-spot."""
    return f"^eks-{re.escape(group[:_LONGEST])}-[0-9a-f]{{26}}-"
