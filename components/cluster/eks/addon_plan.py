"""Which add-ons of EKS a cluster gets, in which version, and what they are told. Pure.

Versions are pinned: "the newest" silently jumps a major version in the middle of an unrelated `up`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from components.errors import PlatformError

AS_OF = "2026-11-21"

_KEY = "kserve-platform:cluster.addonVersions"

# Versions that public configurations of real clusters run with each minor version of Kubernetes. AWS tells
# the whole list by DescribeAddonVersions only, which takes an account: a pin of `AS_OF`, not "the newest".
_ANY: Mapping[str, str] = {
    "aws-ebs-csi-driver": "v1.54.0-eksbuild.1",
    "eks-node-monitoring-agent": "v1.4.2-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.2",
}
PINS: Mapping[str, Mapping[str, str]] = {
    "1.34": {
        **_ANY,
        "coredns": "v1.12.4-eksbuild.1",
        "kube-proxy": "v1.34.1-eksbuild.2",
        "vpc-cni": "v1.21.1-eksbuild.1",
    },
    "1.35": {
        **_ANY,
        "coredns": "v1.13.2-eksbuild.1",
        "kube-proxy": "v1.35.0-eksbuild.2",
        "vpc-cni": "v1.21.1-eksbuild.3",
    },
}


@dataclass(frozen=True, kw_only=True)
class PodRole:
    """The role that an add-on's pods take.

    Attributes:
        namespace: Namespace of their service account.
        service_account: Its name.
        managed_policy: What they may do, by AWS's own policy, with its path.
        encrypts: They also work with the cluster's KMS key.
    """

    namespace: str
    service_account: str
    managed_policy: str
    encrypts: bool = False


@dataclass(frozen=True, kw_only=True)
class Addon:
    """One add-on.

    Attributes:
        name: As EKS calls it.
        version: Its version.
        configuration: What it is told.
        before_machines: A machine without it never becomes ready; the others need machines themselves.
        role: The role of its pods; None where they ask nothing of AWS.
    """

    name: str
    version: str
    configuration: str | None = None
    before_machines: bool = False
    role: PodRole | None = None


_CONFIGURATION: Mapping[str, object] = {
    # Addresses come in blocks of sixteen: a machine carries as many pods as its kubelet allows instead of as
    # many as its network interfaces have single addresses.
    "vpc-cni": {"env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}},
    "coredns": {"replicaCount": 2},
}
_ROLES: Mapping[str, PodRole] = {
    "vpc-cni": PodRole(
        namespace="kube-system", service_account="aws-node", managed_policy="AmazonEKS_CNI_Policy"
    ),
    "aws-ebs-csi-driver": PodRole(
        namespace="kube-system",
        service_account="ebs-csi-controller-sa",
        managed_policy="service-role/AmazonEBSCSIDriverPolicy",
        encrypts=True,
    ),
}
_BEFORE = ("eks-pod-identity-agent", "kube-proxy", "vpc-cni")
_AFTER = ("aws-ebs-csi-driver", "coredns", "eks-node-monitoring-agent")


def plan_addons(
    kubernetes_version: str, versions: Mapping[str, str], *, pod_identity: bool, auto: bool = False
) -> tuple[Addon, ...]:
    """The add-ons of a cluster, those before its machines first.

    Args:
        kubernetes_version: Minor version, e.g. 1.35.
        versions: What the user says of versions, by add-on; ones that this project does not know are added.
        pod_identity: Pods get their roles by EKS Pod Identity, which has an agent.
        auto: Machines are those of EKS Auto Mode, which has all of this project's add-ons built in.

    Raises:
        PlatformError: Nobody says which version an add-on has.
    """
    known = {**PINS.get(kubernetes_version, {}), **versions}
    wanted = [name for name in _BEFORE if pod_identity or name != "eks-pod-identity-agent"]
    if auto:
        wanted = []
    after = [*(() if auto else _AFTER), *sorted(set(versions) - {*_BEFORE, *_AFTER})]
    missing = [name for name in (*wanted, *after) if name not in known]
    if missing:
        raise PlatformError.single(
            "no version of these add-ons is pinned for this version of Kubernetes",
            key=_KEY,
            seen=", ".join(missing),
            why=f"this project pins them for {', '.join(PINS)} only, as of {AS_OF}",
            fix=f"name their versions; `aws eks describe-addon-versions --kubernetes-version "
            f"{kubernetes_version}` lists them",
        )
    return tuple(_addon(name, known[name]) for name in (*wanted, *after))


def _addon(name: str, version: str) -> Addon:
    told = _CONFIGURATION.get(name)
    return Addon(
        name=name,
        version=version,
        configuration=json.dumps(told, sort_keys=True) if told else None,
        before_machines=name in _BEFORE,
        role=_ROLES.get(name),
    )
