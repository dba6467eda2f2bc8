"""Kubernetes: one binary that is every program of it, in one layer that four images and the node share."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path

from components.catalog.modules import KUBERNETES
from components.catalog.recipes import Kubernetes
from components.errors import PlatformError
from machine.images import debian, debs, layers, tree
from machine.images.base import base_layer
from machine.images.debian import Alternative
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.targets import Target
from machine.images.workshop import Workshop

_HERE = sys.modules[__name__]
_MAIN = Path(__file__).parent / "multicall" / "kubernetes.go"
_BINARY = "usr/local/bin/kubernetes"
_SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
_NODE = ("kubelet", "kubeadm", "kubectl")
_SECONDS = 420.0

IPTABLES = tuple(
    Alternative(
        name,
        f"/usr/sbin/{name}",
        (f"/usr/sbin/{name}-nft", f"/usr/sbin/{name}-legacy"),
        ("-restore", "-save"),
    )
    for name in ("iptables", "ip6tables")
)
"""The two ways in which Debian's iptables talks to the kernel; kind's entrypoint chooses among them."""


def kubernetes(reference: str, recipe: Kubernetes) -> ImagePlan:
    """The image of one program of Kubernetes.

    Raises:
        PlatformError: The catalog pins another version than the recipe asks for.
    """
    tools = [debian_layer(recipe.debian)] if recipe.debian else []
    run = Run((f"/usr/local/bin/{recipe.command}",), user="0:0")
    # What the images share comes first: a layer is unpacked once for all that have the same below it.
    return ImagePlan(reference, (base_layer(), kubernetes_layer(recipe.version), *tools), run)


def kubernetes_layer(version: str) -> LayerPlan:
    """The multi-call binary under all its names."""
    target = kubernetes_target(version)

    def make(workshop: Workshop) -> Made:
        links = [tree.link(f"usr/local/bin/{name}", "kubernetes") for name in _SERVERS]
        # kind and its unit files look for these three in /usr/bin.
        links += [tree.link(f"usr/bin/{name}", "../local/bin/kubernetes") for name in _NODE]
        return Made([tree.program(_BINARY, workshop.program(target)), *links], (str(target.module),))

    key = layers.layer_key([*target.identity, *_SERVERS, *_NODE])
    return LayerPlan(f"Kubernetes {version}", key, make, (target,), seconds=_SECONDS)


def kubernetes_target(version: str) -> Target:
    """The multi-call binary as a program to build."""
    if KUBERNETES.version != f"v{version}":
        raise PlatformError.single(
            "images of this Kubernetes version cannot be built",
            seen=version,
            fix=f"Ask for {KUBERNETES.version.removeprefix('v')}, or let images be pulled.",
        )
    major, minor, _ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "archive"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    flags = " ".join(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())
    overlay = (("cmd/kubernetes/main.go", _MAIN.read_text(encoding="utf-8")),)
    return Target(KUBERNETES, "cmd/kubernetes", flags, overlay)


def debian_layer(packages: tuple[str, ...]) -> LayerPlan:
    """The Debian programs that kube-proxy runs, with the libraries they need."""

    def make(workshop: Workshop) -> Made:
        archives = [deb for deb in workshop.debian(packages) if deb.name not in _UNUSED]
        return Made(
            chain(debian.alternatives(IPTABLES), debian.contents(archives)), debs.versions(archives, packages)
        )

    key = layers.layer_key(packages, _HERE, debian, debs)
    return LayerPlan(f"Debian {', '.join(packages)}", key, make, seconds=10)


# What Debian's dependencies bring for installing and configuring, and no program here runs.
_UNUSED = frozenset({"debconf", "dpkg", "perl-base", "tar", "init-system-helpers", "libfdisk1"})
