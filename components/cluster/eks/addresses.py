"""Which addresses of a VPC go to which subnet. Pure, and stable: a zone that is added moves no other."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.settings.rules.eks.network import MOST_ZONES

SMALLEST_VPC = 20
"""Longest prefix of a VPC whose public subnets are still as large as AWS wants (/28)."""

# An eighth of the VPC for the pods of each zone (each pod has an address of its own), and a 256th of it for
# load balancers and NAT gateways, out of the last eighth.
_PRIVATE_BITS, _PUBLIC_BITS = 3, 8


@dataclass(frozen=True)
class SubnetPlan:
    """Blocks of addresses by availability zone.

    Attributes:
        private: For machines and their pods.
        public: For load balancers and NAT gateways.
    """

    private: Mapping[str, str]
    public: Mapping[str, str]


def plan_subnets(cidr: str, zones: Sequence[str]) -> SubnetPlan:
    """Cut a VPC into subnets.

    Args:
        cidr: Addresses of the VPC, /20 or larger.
        zones: Availability zones, in an order that only grows.

    Raises:
        ValueError: There is no room for them. The settings' rules refuse such before.
    """
    whole = ipaddress.IPv4Network(cidr)
    if whole.prefixlen > SMALLEST_VPC or len(zones) > MOST_ZONES:
        raise ValueError(f"{cidr} has no room for subnets in {len(zones)} zones")
    *private, last = whole.subnets(prefixlen_diff=_PRIVATE_BITS)
    public = last.subnets(prefixlen_diff=_PUBLIC_BITS - _PRIVATE_BITS)
    return SubnetPlan(
        private={zone: str(block) for zone, block in zip(zones, private, strict=False)},
        public={zone: str(block) for zone, block in zip(zones, public, strict=False)},
    )
