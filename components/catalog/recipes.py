"""How an image is made where it cannot be pulled: pure data, which `machine.images` acts on."""

from __future__ import annotations

from dataclasses import dataclass

from components.catalog.modules import GoModule


@dataclass(frozen=True)
class Binary:
    """A Go program in an image.

    Attributes:
        path: Absolute path in the image.
        package: Its package, relative to the module's root.
    """

    path: str
    package: str


@dataclass(frozen=True)
class ModuleFile:
    """A file taken out of the module as it is.

    Attributes:
        path: Absolute path in the image.
        source: Path in the module.
    """

    path: str
    source: str


@dataclass(frozen=True)
class GoProgram:
    """Static Go programs on an otherwise empty filesystem (CA certificates, passwd, a writable /tmp).

    Attributes:
        module: Where the programs come from.
        binaries: The programs; every binary of one module is linked in one run of the compiler.
        entrypoint: What the container starts.
        user: Numeric user and group: runAsNonRoot refuses names.
        files: Files of the module that the programs read.
        ldflags: Given to the linker: where a program is told its version.
        shell: Put a static shell with file tools in too: pods run scripts in this image.
    """

    module: GoModule
    binaries: tuple[Binary, ...]
    entrypoint: tuple[str, ...]
    user: str = "65532:65532"
    files: tuple[ModuleFile, ...] = ()
    ldflags: str = ""
    shell: bool = False


@dataclass(frozen=True)
class EnvoyProxy:
    """Envoy and the agent that runs it: Envoy is a C++ program, so its C library comes along.

    Attributes:
        agent: The Go part.
        envoy_version: Version of the published package that holds the Envoy binary.
    """

    agent: GoProgram
    envoy_version: str


@dataclass(frozen=True)
class Kubernetes:
    """One command of Kubernetes; the images of all of them share the layer of one multi-call binary.

    Attributes:
        version: Kubernetes version, without a leading v.
        command: Name that the binary is called by, e.g. kube-apiserver.
        debian: Debian packages that the command runs itself.
    """

    version: str
    command: str
    debian: tuple[str, ...] = ()


@dataclass(frozen=True)
class CoreDns:
    """CoreDNS with the plugins that kubeadm's Corefile names, and no other: all of them take 200 CPU seconds.

    Attributes:
        module: Where it comes from.
        plugins: Names of its plugins.
    """

    module: GoModule
    plugins: tuple[str, ...]


@dataclass(frozen=True)
class Pause:
    """The process that holds a pod's namespaces: Debian's catatonit."""


@dataclass(frozen=True)
class NodeImage:
    """kind's node: a Debian system with containerd, kubelet, kubeadm and kind's own files.

    Attributes:
        kubernetes_version: Without a leading v.
        kind: Module that kind's files come from.
        pause: Full reference of the image that holds a pod's namespaces.
        provisioner: Full reference of the image that makes volumes of folders on the node.
    """

    kubernetes_version: str
    kind: GoModule
    pause: str = "registry.k8s.io/pause:3.10.1"
    provisioner: str = "docker.io/rancher/local-path-provisioner:v0.0.30"


@dataclass(frozen=True)
class TorchServe:
    """TorchServe with KServe's protocols in front of it.

    Attributes:
        version: TorchServe's version.
    """

    version: str


@dataclass(frozen=True)
class MnistModel:
    """The digit classifier, trained when the image is made, and a program that puts it on a claim.

    The entrypoint takes two arguments, a folder and a file: it writes the archive to
    FOLDER/model-store/mnist.mar and the file to FOLDER/config/config.properties, each aside and then renamed,
    and verifies what it wrote. It runs as user 1000, as the model server does.

    Attributes:
        version: Version of the model.
    """

    version: str


Recipe = GoProgram | EnvoyProxy | Kubernetes | CoreDns | Pause | NodeImage | TorchServe | MnistModel
