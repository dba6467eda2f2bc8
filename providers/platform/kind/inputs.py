"""What a kind cluster shall be, out of the resource's inputs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.platform.fields import Fields, read_all

CONTROL_PLANE, WORKER = "control-plane", "worker"
KINDNET, BRIDGE = "kindnet", "bridge"
_PORTS = (1, 65535)
# A node's containerd knows images by full references only: registry, repository, tag.
_TAGGED = r"[^\s/@]+\.[^\s/@]+/[^\s@]+:[\w.-]+"
_DIGEST = "sha256:[0-9a-f]{64}"


@dataclass(frozen=True)
class PortMapping:
    """A TCP port of a node on 127.0.0.1 of the machine."""

    host_port: int
    container_port: int


@dataclass(frozen=True)
class Mount:
    """A folder of the machine in a node."""

    host_path: str
    container_path: str
    read_only: bool


@dataclass(frozen=True)
class Node:
    """One machine of the cluster: a container."""

    role: str
    labels: Mapping[str, str]
    port_mappings: tuple[PortMapping, ...]
    mounts: tuple[Mount, ...]


@dataclass(frozen=True)
class KindInputs:
    """A kind cluster.

    Attributes:
        name: Name of the cluster, and the beginning of its nodes' names.
        kubernetes_version: Without a leading v.
        node_image: Full reference of kind's node image for that version.
        image_store: Key of a prepared containerd root that every node starts with; None for what the node
            image holds.
        loaded_images: Images that every node is given out of the cache, reference -> digest; no registry has
            them.
        nodes: Its machines, one control plane among them.
        api_server_port: Port on 127.0.0.1; None for a free one, chosen when the cluster is made.
        network: `kindnet` is kind's own; `bridge` is what the node image brings where kindnet cannot be had.
        low_requests: Ask for next to no CPU for the control plane, so that a small machine has room.
        registry_mirrors: Registry host -> URLs asked before it.
    """

    name: str
    kubernetes_version: str
    node_image: str
    image_store: str | None
    loaded_images: Mapping[str, str]
    nodes: tuple[Node, ...]
    api_server_port: int | None
    network: str
    low_requests: bool
    registry_mirrors: Mapping[str, tuple[str, ...]]

    def node_names(self) -> tuple[str, ...]:
        """What kind calls the nodes: role after role, numbered from the second on."""
        seen: Counter[str] = Counter()
        names = []
        for node in self.nodes:
            seen[node.role] += 1
            number = str(seen[node.role]) if seen[node.role] > 1 else ""
            names.append(f"{self.name}-{node.role}{number}")
        return tuple(names)

    def published(self) -> tuple[int, ...]:
        """Ports on 127.0.0.1 that are mapped into nodes, the API server's not among them."""
        return tuple(mapping.host_port for node in self.nodes for mapping in node.port_mappings)


def read_inputs(values: Mapping[str, Any]) -> KindInputs:
    """Read and judge inputs.

    Raises:
        InputsRefused: Something is wrong with them.
    """
    return read_all(values, _read)


def _read(fields: Fields) -> KindInputs:
    names = ("name", "kubernetesVersion", "nodeImage", "imageStore", "loadedImages", "nodes", "apiServerPort")
    fields.only(*names, "network", "lowRequests", "registryMirrors")
    inputs = KindInputs(
        # kind's own rule, less its length: a node's name is a host name of at most 63 characters.
        name=fields.text("name", r"[a-z0-9][a-z0-9.-]{0,45}", "1 to 46 of a-z, 0-9, . and -"),
        kubernetes_version=fields.text(
            "kubernetesVersion", r"1\.\d+\.\d+", 'an exact version such as "1.34.4"'
        ),
        node_image=fields.text("nodeImage", r"[^\s:]+(:\d+/\S+)?(:|@)\S+", "an image with a tag or digest"),
        image_store=fields.optional_text("imageStore", r"[A-Za-z0-9._-]+", "the key of a prepared store"),
        loaded_images=_loaded_images(fields),
        nodes=fields.items("nodes", _node),
        api_server_port=fields.optional_number("apiServerPort", *_PORTS),
        network=fields.word("network", (KINDNET, BRIDGE), default=KINDNET),
        low_requests=fields.flag("lowRequests", default=False),
        registry_mirrors=_mirrors(fields),
    )
    _judge(fields, inputs)
    return inputs


def _loaded_images(fields: Fields) -> dict[str, str]:
    images = fields.texts("loadedImages")
    for reference, digest in images.items():
        if not re.fullmatch(_TAGGED, reference):
            fields.refuse(f"loadedImages.{reference}", "must be named by a full reference with a tag")
        if not re.fullmatch(_DIGEST, digest):
            fields.refuse(f"loadedImages.{reference}", f'must be a digest (sha256:...), is "{digest}"')
    return images


def _node(fields: Fields) -> Node:
    fields.only("role", "labels", "extraPortMappings", "extraMounts")
    return Node(
        role=fields.word("role", (CONTROL_PLANE, WORKER)),
        labels=fields.texts("labels"),
        port_mappings=fields.items("extraPortMappings", _port_mapping),
        mounts=fields.items("extraMounts", _mount),
    )


def _port_mapping(fields: Fields) -> PortMapping:
    fields.only("hostPort", "containerPort")
    return PortMapping(fields.number("hostPort", *_PORTS), fields.number("containerPort", *_PORTS))


def _mount(fields: Fields) -> Mount:
    fields.only("hostPath", "containerPath", "readOnly")
    return Mount(
        fields.text("hostPath", "/.*", "an absolute path"),
        fields.text("containerPath", "/.*", "an absolute path"),
        fields.flag("readOnly", default=False),
    )


def _mirrors(fields: Fields) -> dict[str, tuple[str, ...]]:
    values = fields.mapping("registryMirrors") if fields.has("registryMirrors") else {}
    for registry, urls in values.items():
        listed = urls if isinstance(urls, list) and urls else [None]
        if not all(isinstance(url, str) and url.startswith(("http://", "https://")) for url in listed):
            fields.refuse(f"registryMirrors.{registry}", "must be a list of http:// or https:// addresses")
    return {registry: tuple(urls) for registry, urls in values.items() if isinstance(urls, list)}


def _judge(fields: Fields, inputs: KindInputs) -> None:
    planes = sum(node.role == CONTROL_PLANE for node in inputs.nodes)
    if planes != 1:
        # Several need a load balancer of kind's between them, whose image is one more that may not be had.
        fields.refuse("nodes", f"must hold exactly one {CONTROL_PLANE}, holds {planes}")
    ports = [*inputs.published(), *([inputs.api_server_port] if inputs.api_server_port else [])]
    for port in _repeated(ports):
        fields.refuse("nodes", f"port {port} of 127.0.0.1 is given away twice")


def _repeated(values: Iterable[int]) -> list[int]:
    return sorted(value for value, count in Counter(values).items() if count > 1)
