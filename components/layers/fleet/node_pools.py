"""A group's settings to the objects by which Karpenter, and EKS Auto Mode, make its machines. Pure.

Facts: the CRDs karpenter.sh_nodepools and karpenter.k8s.aws_ec2nodeclasses of Karpenter 1.14.1 (a test holds
what is written here against them); for Auto Mode the EKS user guide, "Create a Node Class" and "Create a Node
Pool", whose CRDs nobody outside has.
"""

from __future__ import annotations

from typing import Any

from components.cluster.fleet import Fleet, MachineGroup
from components.layers.edits import Edit
from components.layers.objects import Manifest
from components.settings.eks.derived import architecture_of, instances_of, volume_of

POOLS, POOL = "karpenter.sh/v1", "NodePool"
KARPENTER_CLASSES, KARPENTER_CLASS = "karpenter.k8s.aws/v1", "EC2NodeClass"
AUTO_CLASSES, AUTO_CLASS = "eks.amazonaws.com/v1", "NodeClass"
GPU = "nvidia.com/gpu"

# A machine's pods have this long to end what they answer; then they are ended.
DRAIN = "15m"
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
_PURCHASES = {
    "onDemand": "on-demand",
    "spot": "spot",
    "capacityReservation": "reserved",
    "capacityBlock": "reserved",
}
_BOTTLEROCKET_SYSTEM_GIB = 4


def pools(fleet: Fleet) -> list[Manifest]:
    """A pool for each group that EKS keeps no machines of."""
    auto = fleet.autoscaler == "auto"
    return [_pool(name, group, auto=auto) for name, group in fleet.groups.items() if not group.managed]


def _pool(name: str, group: MachineGroup, *, auto: bool) -> Manifest:
    version, kind = (AUTO_CLASSES, AUTO_CLASS) if auto else (KARPENTER_CLASSES, KARPENTER_CLASS)
    spec: dict[str, Any] = {
        "template": {
            "metadata": {"labels": dict(group.labels)},
            "spec": {
                "nodeClassRef": {"group": version.partition("/")[0], "kind": kind, "name": name},
                "requirements": _requirements(group),
                # The month in which a machine gets newer images by being made anew.
                "expireAfter": "720h",
                "terminationGracePeriod": DRAIN,
                **_taints(group),
            },
        },
        "disruption": _disruption(group),
    }
    if limits := limits_of(group):
        spec["limits"] = limits
    return {"apiVersion": POOLS, "kind": POOL, "metadata": {"name": name}, "spec": spec}


def _requirements(group: MachineGroup) -> list[dict[str, Any]]:
    wanted = {
        "karpenter.sh/capacity-type": [_PURCHASES[group.settings.capacity]],
        "kubernetes.io/arch": [_ARCHITECTURES[architecture_of(group.settings)]],
        "kubernetes.io/os": ["linux"],
        "node.kubernetes.io/instance-type": list(group.settings.instance_types),
        "topology.kubernetes.io/zone": list(group.zones),
    }
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]


def _taints(group: MachineGroup) -> dict[str, Any]:
    rows = [
        {"key": taint.key, "value": taint.value, "effect": taint.effect}
        if taint.value
        else {"key": taint.key, "effect": taint.effect}
        for taint in group.taints
    ]
    return {"taints": rows} if rows else {}


def _disruption(group: MachineGroup) -> dict[str, Any]:
    if group.gpus:
        # A model that moves is a model that loads anew; an empty machine waits a little for the next.
        return {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "1"}],
        }
    return {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "1m",
        "budgets": [{"nodes": "10%"}],
    }


def limits_of(group: MachineGroup) -> dict[str, str]:
    """What all machines of a group may have together: maxSize of its largest; empty where that is unknown.

    Of smaller types among the group's there can be more machines than maxSize.
    """
    machines = instances_of(group.settings)
    if len(machines) != len(group.settings.instance_types):
        return {}
    most = group.settings.max_size
    limits = {"cpu": str(most * max(machine.vcpus for machine in machines))}
    gpus = max(machine.gpu.count if machine.gpu else 0 for machine in machines)
    return {**limits, GPU: str(most * gpus)} if gpus else limits


def classes(fleet: Fleet) -> list[Manifest]:
    """How the machines of those groups are started, but for what only AWS knows: see `completed`."""
    write = _auto_class if fleet.autoscaler == "auto" else _karpenter_class
    return [write(name, group, fleet) for name, group in fleet.groups.items() if not group.managed]


def _karpenter_class(name: str, group: MachineGroup, fleet: Fleet) -> Manifest:
    settings = group.settings
    bottlerocket = settings.ami == "bottlerocket"
    spec: dict[str, Any] = {
        # As managed node groups do: the newest image of the cluster's version when a machine starts.
        "amiSelectorTerms": [{"alias": "bottlerocket@latest" if bottlerocket else "al2023@latest"}],
        "blockDeviceMappings": _disks(group),
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            # One hop ends at the machine: pods do not get its role.
            "httpPutResponseHopLimit": 1,
        },
        "tags": {**fleet.tags, "Name": f"{fleet.cluster}-{name}"},
    }
    machines = instances_of(settings)
    if machines and all(machine.local_disks for machine in machines) and not bottlerocket:
        spec["instanceStorePolicy"] = "RAID0"
    if group.told:
        spec["userData"] = group.told
    if settings.reservation:
        spec["capacityReservationSelectorTerms"] = [{"id": settings.reservation}]
    return {
        "apiVersion": KARPENTER_CLASSES,
        "kind": KARPENTER_CLASS,
        "metadata": {"name": name},
        "spec": spec,
    }


def _disks(group: MachineGroup) -> list[dict[str, Any]]:
    volume = volume_of(group.settings)
    large = {
        "volumeType": "gp3",
        "volumeSize": f"{volume.size_gib}Gi",
        "throughput": volume.throughput_mibs,
        "iops": volume.iops,
        "encrypted": True,
        "deleteOnTermination": True,
    }
    if group.settings.ami != "bottlerocket":
        return [{"deviceName": "/dev/xvda", "ebs": large}]
    small = {
        "volumeType": "gp3",
        "volumeSize": f"{_BOTTLEROCKET_SYSTEM_GIB}Gi",
        "encrypted": True,
        "deleteOnTermination": True,
    }
    return [{"deviceName": "/dev/xvda", "ebs": small}, {"deviceName": "/dev/xvdb", "ebs": large}]


def _auto_class(name: str, group: MachineGroup, _: Fleet) -> Manifest:
    volume = volume_of(group.settings)
    spec: dict[str, Any] = {
        "ephemeralStorage": {
            "size": f"{volume.size_gib}Gi",
            "iops": volume.iops,
            "throughput": volume.throughput_mibs,
        },
    }
    # No tags of one's own: AWS's policy for Auto Mode lets it set its own alone (EKS user guide, "Custom AWS
    # tags for EKS Auto resources").
    if group.settings.reservation:
        spec["capacityReservationSelectorTerms"] = [{"id": group.settings.reservation}]
    return {"apiVersion": AUTO_CLASSES, "kind": AUTO_CLASS, "metadata": {"name": name}, "spec": spec}


def completed(fleet: Fleet) -> Edit:
    """An edit that puts into a class what is known only once AWS has made it: subnets, group, role, key."""

    def edit(manifest: Manifest) -> Manifest:
        if manifest["kind"] not in {KARPENTER_CLASS, AUTO_CLASS}:
            return manifest
        zones = fleet.groups[manifest["metadata"]["name"]].zones
        spec = {
            **manifest["spec"],
            "subnetSelectorTerms": [{"id": fleet.subnets[zone]} for zone in zones],
            "securityGroupSelectorTerms": [{"id": fleet.security_group}],
        }
        if manifest["kind"] == AUTO_CLASS:
            spec["role"] = fleet.node_role
            if fleet.key_arn is not None:
                spec["ephemeralStorage"] = {**spec["ephemeralStorage"], "kmsKeyID": fleet.key_arn}
        else:
            spec["instanceProfile"] = fleet.instance_profile
            if fleet.key_arn is not None:
                spec["blockDeviceMappings"] = [
                    {**disk, "ebs": {**disk["ebs"], "kmsKeyID": fleet.key_arn}}
                    for disk in spec["blockDeviceMappings"]
                ]
        return {**manifest, "spec": spec}

    return edit
