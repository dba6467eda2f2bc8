"""Rules about the cluster alone."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.keys import key_of
from components.settings.model import ExistingSettings, KindSettings
from components.settings.parts import Parts, Rule, wrong

# knative.dev/pkg refuses to start below: "need at least 1.33" (its `version` package, Knative 1.21).
OLDEST_KUBERNETES = (1, 33)

# Folders of a node that belong to kind, kubeadm, the kubelet and containerd (ours: preloaded images).
NODE_FOLDERS = ("/", "/dev", "/etc", "/kind", "/proc", "/run", "/sys", "/usr", "/var", "/var/lib")
NODE_TREES = ("/etc/kubernetes", "/kind", "/var/lib/containerd", "/var/lib/etcd", "/var/lib/kubelet")


def version_pair(version: str) -> tuple[int, int]:
    """Major and minor of a Kubernetes version."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def kubernetes_is_new_enough(parts: Parts) -> Iterator[Problem]:
    """Knative's controllers crash on an older API server, half an hour after `up` began."""
    cluster = parts.cluster
    if cluster is None or isinstance(cluster, ExistingSettings):
        return
    if version_pair(cluster.kubernetes_version) < OLDEST_KUBERNETES:
        oldest = ".".join(map(str, OLDEST_KUBERNETES))
        yield wrong(
            "cluster",
            "kubernetesVersion",
            value=cluster.kubernetes_version,
            what="is too old",
            why=f"Knative 1.21 needs Kubernetes {oldest} or newer",
            fix="remove the key to get the default, or name a newer version",
        )


def some_node_is_a_control_plane(parts: Parts) -> Iterator[Problem]:
    """A cluster has an API server."""
    cluster = parts.cluster
    if isinstance(cluster, KindSettings) and not any(node.role == "control-plane" for node in cluster.nodes):
        yield wrong(
            "cluster",
            "nodes",
            value=[*cluster.nodes],
            what="has no control plane",
            why="a cluster needs at least one node with an API server",
            fix="add `- role: control-plane`, or remove the key to get one such node",
        )


def host_ports_differ(parts: Parts) -> Iterator[Problem]:
    """One port of this machine leads to one place."""
    cluster = parts.cluster
    if not isinstance(cluster, KindSettings):
        return
    ports: list[tuple[tuple[str | int, ...], int]] = [(("ports", "ingress"), cluster.ports.ingress)]
    if cluster.ports.api_server is not None:
        ports.append((("ports", "apiServer"), cluster.ports.api_server))
    ports += [
        (("portMappings", index, "hostPort"), mapping.host_port)
        for index, mapping in enumerate(cluster.port_mappings)
    ]
    first: dict[int, tuple[str | int, ...]] = {}
    for path, port in ports:
        if port in first:
            yield wrong(
                "cluster",
                *path,
                value=port,
                what="is taken already",
                why=f"{key_of(('cluster', *first[port]))} has this port, {_how(cluster, first[port])}",
                fix="choose another port",
            )
        first.setdefault(port, path)


def _how(cluster: KindSettings, path: tuple[str | int, ...]) -> str:
    written = path[0] != "ports" or "ingress" in cluster.ports.model_fields_set or path[1] != "ingress"
    return "as written above" if written else "by default"


def mounts_have_places_of_their_own(parts: Parts) -> Iterator[Problem]:
    """Of two mounts at one place the first would be invisible."""
    cluster = parts.cluster
    if not isinstance(cluster, KindSettings):
        return
    first: dict[str, int] = {}
    for index, mount in enumerate(cluster.mounts):
        place = mount.container_path.rstrip("/")
        if place in first:
            yield wrong(
                "cluster",
                "mounts",
                index,
                "containerPath",
                value=mount.container_path,
                what="is taken already",
                why=f"{key_of(('cluster', 'mounts', first[place]))} is mounted there and would be hidden",
                fix="choose another folder",
            )
        first.setdefault(place, index)


def mounts_leave_the_node_alone(parts: Parts) -> Iterator[Problem]:
    """A folder mounted over the node's own keeps it from starting, with an error that names neither."""
    cluster = parts.cluster
    if not isinstance(cluster, KindSettings):
        return
    for index, mount in enumerate(cluster.mounts):
        place = mount.container_path.rstrip("/") or "/"
        within = any(place == tree or place.startswith(f"{tree}/") for tree in NODE_TREES)
        if within or place in NODE_FOLDERS:
            yield wrong(
                "cluster",
                "mounts",
                index,
                "containerPath",
                value=mount.container_path,
                what="belongs to the node itself",
                why="hiding it keeps Kubernetes from starting",
                fix="choose a folder of your own, like /models",
            )


RULES: tuple[Rule, ...] = (
    kubernetes_is_new_enough,
    some_node_is_a_control_plane,
    host_ports_differ,
    mounts_have_places_of_their_own,
    mounts_leave_the_node_alone,
)
