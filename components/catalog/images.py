"""The table of images that can be built here: reference -> recipe, under upstream's names.

A reference is a promise: software of that name and version, so each comes from the module of that version.
Images that no pod of a local stack runs (the model servers of other frameworks) are not in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from components.catalog import modules
from components.catalog.entries import ISTIO_VERSION
from components.catalog.recipes import (
    Binary,
    CoreDns,
    EnvoyProxy,
    GoProgram,
    Kubernetes,
    MnistModel,
    ModuleFile,
    NodeImage,
    Pause,
    Recipe,
    TorchServe,
)

TORCHSERVE_VERSION = "0.12.0"
MNIST_MODEL_VERSION = "1.0.0"


@dataclass(frozen=True)
class Image:
    """An image that a stack needs.

    Attributes:
        reference: Full reference with registry and tag.
        recipe: How to make it.
    """

    reference: str
    recipe: Recipe


def _knative(repository: str, module: modules.GoModule, version: str, command: str) -> Image:
    path = f"/ko-app/{command}"
    recipe = GoProgram(module, (Binary(path, f"cmd/{command}"),), (path,))
    return Image(f"gcr.io/knative-releases/knative.dev/{repository}/cmd/{command}:{version}", recipe)


def _cert_manager(command: str) -> Image:
    path = f"/app/cmd/{command}/{command}"
    version = f"-X github.com/cert-manager/cert-manager/pkg/util.AppVersion={modules.CERT_MANAGER.version}"
    binaries = (Binary(path, f"cmd/{command}"),)
    recipe = GoProgram(modules.CERT_MANAGER, binaries, (path,), user="1000:1000", ldflags=version)
    return Image(f"quay.io/jetstack/cert-manager-{command}:{modules.CERT_MANAGER.version}", recipe)


def _kserve(name: str, path: str, package: str) -> Image:
    recipe = GoProgram(modules.KSERVE, (Binary(path, package),), (path,))
    return Image(f"docker.io/kserve/{name}:{modules.KSERVE.version}", recipe)


def _istio(command: str) -> GoProgram:
    path = f"/usr/local/bin/{command}"
    bootstrap = ModuleFile(
        "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json", "tools/packaging/common/envoy_bootstrap.json"
    )
    return GoProgram(
        modules.ISTIO,
        (Binary(path, f"pilot/cmd/{command}"),),
        (path,),
        user="1337:1337",
        files=(bootstrap,),
        ldflags=f"-X istio.io/istio/pkg/version.buildVersion={ISTIO_VERSION}",
    )


CONTROL_PLANE: tuple[Image, ...] = (
    *(
        Image(f"registry.k8s.io/{command}:v1.34.4", Kubernetes("1.34.4", command))
        for command in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    Image(
        "registry.k8s.io/kube-proxy:v1.34.4",
        Kubernetes("1.34.4", "kube-proxy", debian=("iptables", "nftables", "conntrack", "ipset", "kmod")),
    ),
    Image(
        "registry.k8s.io/etcd:3.6.5-0",
        GoProgram(modules.ETCD, (Binary("/usr/local/bin/etcd", "."),), ("/usr/local/bin/etcd",), user="0:0"),
    ),
    Image(
        f"registry.k8s.io/coredns/coredns:{modules.COREDNS.version}",
        CoreDns(
            modules.COREDNS,
            plugins=(
                "errors",
                "health",
                "ready",
                "kubernetes",
                "prometheus",
                "forward",
                "cache",
                "loop",
                "reload",
                "loadbalance",
            ),
        ),
    ),
    Image("registry.k8s.io/pause:3.10.1", Pause()),
    Image(
        f"docker.io/rancher/local-path-provisioner:{modules.LOCAL_PATH_PROVISIONER.version}",
        GoProgram(  # noqa: S604 - a field of a recipe; no shell runs
            modules.LOCAL_PATH_PROVISIONER,
            (Binary("/usr/bin/local-path-provisioner", "."),),
            ("/usr/bin/local-path-provisioner",),
            user="0:0",
            shell=True,
        ),
    ),
)
"""What runs on a node before anything is installed on it."""

NODE = Image("docker.io/kindest/node:v1.34.4", NodeImage("1.34.4", modules.KIND))

PLATFORM: tuple[Image, ...] = (
    *(_cert_manager(command) for command in ("controller", "webhook", "cainjector")),
    Image(f"docker.io/istio/pilot:{ISTIO_VERSION}", _istio("pilot-discovery")),
    Image(f"docker.io/istio/proxyv2:{ISTIO_VERSION}", EnvoyProxy(_istio("pilot-agent"), "1.40.0")),
    *(
        _knative("serving", modules.KNATIVE_SERVING, "v1.21.1", command)
        for command in ("controller", "webhook", "autoscaler", "autoscaler-hpa", "activator", "queue")
    ),
    *(
        _knative("net-gateway-api", modules.KNATIVE_GATEWAY_API, "v1.21.0", command)
        for command in ("controller", "webhook")
    ),
    _kserve("kserve-controller", "/manager", "cmd/manager"),
    _kserve("agent", "/ko-app/agent", "cmd/agent"),
    _kserve("router", "/ko-app/router", "cmd/router"),
    Image(
        f"quay.io/brancz/kube-rbac-proxy:{modules.KUBE_RBAC_PROXY.version}",
        GoProgram(
            modules.KUBE_RBAC_PROXY,
            (Binary("/usr/local/bin/kube-rbac-proxy", "cmd/kube-rbac-proxy"),),
            ("/usr/local/bin/kube-rbac-proxy",),
        ),
    ),
)
"""What the layers run."""

EXAMPLE: tuple[Image, ...] = (
    Image(f"docker.io/pytorch/torchserve-kfs:{TORCHSERVE_VERSION}", TorchServe(TORCHSERVE_VERSION)),
    Image(f"docker.io/kserve-platform/mnist-model:{MNIST_MODEL_VERSION}", MnistModel(MNIST_MODEL_VERSION)),
)
"""What the TorchServe MNIST example runs where all images are built here."""

EXAMPLE_LOADED: tuple[Image, ...] = (
    Image(f"kind.local/kserve-platform/torchserve:{TORCHSERVE_VERSION}", TorchServe(TORCHSERVE_VERSION)),
    *(image for image in EXAMPLE if isinstance(image.recipe, MnistModel)),
)
"""The same beside images that are pulled: no registry has these, so they are loaded into the nodes.

The server is not upstream's, whose name it must not shadow there: the example asks one service for v1, v2 and
explanations, in a handler for Python 3.11. Knative asks no registry about tags of kind.local (its default
of `registries-skipping-tag-resolving`).
"""

IMAGES: tuple[Image, ...] = (NODE, *CONTROL_PLANE, *PLATFORM, *EXAMPLE)
"""Every image that can be built here."""

_REFERENCE = re.compile(r"(?P<repository>[^@]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")


def buildable_reference(reference: str) -> str:
    """The name under which an image is built here.

    Args:
        reference: A reference as a manifest has it: short or full, by tag or by digest.

    Returns:
        The full reference by tag. One by digest can only be pulled, so the table's tag of the same repository
        stands for it; one that the table does not have comes back as it is.
    """
    repository = full_repository(reference)
    known = next((i.reference for i in IMAGES if full_repository(i.reference) == repository), None)
    by_digest = "@" in reference
    return known if known and (by_digest or known.endswith(f":{_tag(reference)}")) else reference


def full_repository(reference: str) -> str:
    """Registry and repository of a reference, with the registry and owner that Docker leaves out.

    Raises:
        ValueError: It is not an image reference.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"not an image reference: {reference}")
    repository = match["repository"]
    registry, _, rest = repository.partition("/")
    if rest and ("." in registry or ":" in registry or registry == "localhost"):
        return repository
    return f"docker.io/{repository}" if rest else f"docker.io/library/{repository}"


def images_of(references: Iterable[str]) -> tuple[Image, ...]:
    """The images of the table among references, each once, in the table's order.

    Args:
        references: References as manifests have them.
    """
    wanted = {buildable_reference(reference) for reference in references}
    return tuple(image for image in IMAGES if image.reference in wanted)


def _tag(reference: str) -> str:
    match = _REFERENCE.fullmatch(reference)
    return (match["tag"] if match else "") or "latest"
