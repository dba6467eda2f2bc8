"""Which changes an API server refuses, so that the object must be replaced (S11).

Fact: the official provider's table (4.32), pinned by the recorded diffs. A path covers all that lies below
it; `[*]` stands for any index. What is missing here is the API server's to refuse, as it is with the
official provider.
"""

from __future__ import annotations

from typing import Final

_CONTAINER: Final = (
    "args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports",
    "readinessProbe", "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath",
    "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
)  # fmt: skip
_POD: Final = (
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases",
    "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector",
    "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy",
    "runtimeClassName", "schedulerName", "securityContext", "serviceAccount", "serviceAccountName",
    "shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds", "volumes",
    *(f"{holder}[*].{field}" for holder in ("containers", "initContainers") for field in _CONTAINER),
)  # fmt: skip
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume",
    "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs",
    "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip


def _spec(*fields: str) -> tuple[str, ...]:
    return tuple(f"spec.{field}" for field in fields)


_ALWAYS: Final = ("metadata.name", "metadata.namespace")
_STATEFUL_SET: Final = _spec(
    "podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates"
)
_TABLE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("v1", "ConfigMap"): ("binaryData", "data"),
    ("v1", "PersistentVolume"): _spec(*_VOLUME_SOURCES),
    ("v1", "PersistentVolumeClaim"): _spec("accessModes", "selector", "storageClassName", "volumeName"),
    ("v1", "Pod"): _spec(*_POD),
    ("v1", "ResourceQuota"): _spec("scopes"),
    ("v1", "Secret"): ("type", "stringData", "data"),
    ("v1", "Service"): _spec("clusterIP"),
    ("apps/v1", "DaemonSet"): _spec("selector"),
    ("apps/v1", "Deployment"): _spec("selector"),
    ("apps/v1", "StatefulSet"): _STATEFUL_SET,
    ("batch/v1", "Job"): _spec("completions", "parallelism", "selector", "template"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
}
_CONTENT: Final = {"ConfigMap": ("binaryData", "data"), "Secret": ("stringData", "data")}


def forced_paths(api_version: str, kind: str, *, mutable: bool) -> tuple[str, ...]:
    """Return the paths whose change replaces an object.

    Args:
        api_version: The object's API version.
        kind: Its kind.
        mutable: Whether the content of a ConfigMap or Secret may be changed in place.
    """
    own = _TABLE.get((api_version.removeprefix("core/"), kind), ())
    kept = tuple(path for path in own if not (mutable and path in _CONTENT.get(kind, ())))
    return (*_ALWAYS, *kept)
