"""What an image is built from where it cannot be pulled: recipes as plain values, one type a way of building.

The table that gives each image reference its recipe is `components.catalog.images`; how a recipe becomes layers
is `machine.images`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.catalog.modules import GoModule

NONROOT = "65532:65532"
"""The user and group of images whose pods ask for runAsNonRoot; numbers, because the kubelet checks numbers."""


@dataclass(frozen=True)
class ModuleFile:
    """A file that an image takes out of a module.

    Attributes:
        module: The module.
        source: Path inside the module.
        path: Absolute path in the image.
    """

    module: GoModule
    source: str
    path: str


@dataclass(frozen=True)
class GoProgram:
    """One Go program on a base of CA certificates, a user list and a /tmp.

    Attributes:
        module: Where it is built from.
        package: Its package, relative to the module's root ("cmd/controller", ".").
        path: Absolute path of the program in the image; it is the entrypoint too.
        user: Numeric "uid:gid".
        environment: Variables of the container.
        ldflags: Given to the linker: where a program is told its version.
        files: What lies beside it.
        overlay: Files of ours inside the module, by path: the text that stands there while it is built.
    """

    module: GoModule
    package: str
    path: str
    user: str = NONROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    ldflags: str = ""
    files: tuple[ModuleFile, ...] = ()
    overlay: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KubernetesProgram:
    """A program of the control plane, out of the one binary that holds them all.

    Attributes:
        module: Kubernetes itself.
        program: Name of the program ("kube-apiserver").
        packages: Debian packages that it calls at run time (kube-proxy: iptables and conntrack).
    """

    module: GoModule
    program: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class DebianProgram:
    """One program of a Debian package that needs nothing else.

    Attributes:
        package: The package.
        source: Absolute path of the program in the package.
        path: Absolute path in the image.
        arguments: What follows the program's path in the entrypoint.
        links: Absolute paths that lead to the program too (the tools of a busybox).
    """

    package: str
    source: str
    path: str
    arguments: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class IstioProxy:
    """Istio's agent with Envoy's own release beside it.

    Attributes:
        module: Istio; the agent and the bootstrap template come out of it.
        envoy: The Python package that carries Envoy, "name==version".
        ldflags: Given to the linker: the agent tells istiod its version.
    """

    module: GoModule
    envoy: str
    ldflags: str = ""


@dataclass(frozen=True)
class NodeImage:
    """kind's node: a small Debian with systemd, containerd and Kubernetes.

    Attributes:
        kind: kind's module; its node files are taken from there.
        kubernetes: Kubernetes.
        pause: Full reference of the image that holds a pod's namespaces.
        pod_subnet: Network that the bridge gives pods addresses from, CIDR.
    """

    kind: GoModule
    kubernetes: GoModule
    pause: str
    pod_subnet: str = "10.244.0.0/16"


@dataclass(frozen=True)
class TorchServe:
    """TorchServe with KServe's protocol server in front of it, on Debian's PyTorch."""


@dataclass(frozen=True)
class MnistModel:
    """The model store of the MNIST example and a tool that copies it onto a volume."""


Recipe = GoProgram | KubernetesProgram | DebianProgram | IstioProxy | NodeImage | TorchServe | MnistModel


@dataclass(frozen=True)
class Image:
    """An image that can be built here.

    Attributes:
        reference: Full name with its tag, as upstream calls it and as pods write it.
        recipe: What to build it from.
    """

    reference: str
    recipe: Recipe
