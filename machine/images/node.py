"""kind's node image: a small Debian, kind's own files out of kind's module, settings, Kubernetes.

It follows the steps of kind's own Dockerfile (images/base) and of `kind build node-image`, without running
anything in it. Images that pods need are not in it: the node's containerd store brings them
(`machine.images.store`).
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from components.catalog.recipes import NodeImage
from machine.images import debian, debs, layers, node_files, tree
from machine.images.debian import Alternative, User
from machine.images.kubernetes import IPTABLES, kubernetes_layer
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.tree import Entry
from machine.images.workshop import Workshop

_HERE = sys.modules[__name__]

_PACKAGES = (
    *(
        "base-files",
        "base-passwd",
        "bash",
        "coreutils",
        "dash",
        "debianutils",
        "diffutils",
        "dpkg",
        "findutils",
    ),
    *("grep", "gzip", "hostname", "libc-bin", "mawk", "sed", "tar", "util-linux"),
    *("systemd", "systemd-sysv", "kmod", "mount", "procps", "iproute2", "ethtool"),
    *("containerd", "runc", "containernetworking-plugins", "fuse-overlayfs", "pigz"),
    *("iptables", "nftables", "conntrack", "ipset", "socat"),
    *("ca-certificates", "curl", "jq", "nfs-common"),
)
# Dependencies of their installation or of scripts that a node does not run.
_UNUSED_PACKAGES = (
    "debconf*",
    "perl*",
    "libperl*",
    "python3*",
    "libpython3*",
    "media-types",
    "openssl",
    "readline*",
)
_UNUSED_FILES = (
    "usr/bin/containerd-stress",
    "usr/bin/containerd-shim",
    "usr/bin/containerd-shim-runc-v1",
    "usr/share/ca-certificates/",
    "usr/share/bash-completion/",
    "usr/share/zsh/",
    "usr/share/perl5/",
    "usr/lib/udev/hwdb.d/",
    *(
        f"usr/lib/cni/{name}"
        for name in ("bandwidth", "dhcp", "firewall", "host-device", "ipvlan", "macvlan")
    ),
    *(f"usr/lib/cni/{name}" for name in ("sbr", "static", "tuning", "vlan", "vrf", "dummy")),
    *(f"usr/lib/systemd/system/{name}.target.wants/" for name in ("basic", "local-fs", "multi-user")),
    "usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
    *(
        f"usr/lib/systemd/system/sockets.target.wants/systemd-{name}.socket"
        for name in ("initctl", "udevd-control", "udevd-kernel")
    ),
)
_ALTERNATIVES = (
    *IPTABLES,
    Alternative("awk", "/usr/bin/awk", ("/usr/bin/mawk",)),
    Alternative("which", "/usr/bin/which", ("/usr/bin/which.debianutils",)),
)
_USERS = (User("statd", 101, "/var/lib/nfs"), User("_rpc", 102, "/run/rpcbind"), User("systemd-network", 998))
_ENTRYPOINT = ("/usr/local/bin/entrypoint", "/sbin/init")


def node(reference: str, recipe: NodeImage) -> ImagePlan:
    """The image that kind starts as a node."""
    plan = (_system(), kubernetes_layer(recipe.kubernetes_version), _kind(recipe))
    # systemd ends on this signal; SIGTERM would make it start itself again.
    run = Run(_ENTRYPOINT, environment={"container": "docker"}, stop_signal="SIGRTMIN+3")
    return ImagePlan(reference, plan, run)


def _system() -> LayerPlan:
    def make(workshop: Workshop) -> Made:
        archives = [deb for deb in workshop.debian(_PACKAGES) if not _is_unused(deb.name)]
        by_name = {deb.name: deb for deb in archives}
        entries = chain(
            debian.frame(),
            debian.debian_users(by_name["base-passwd"], _USERS),
            debian.certificates(by_name["ca-certificates"]),
            debian.alternatives(_ALTERNATIVES),
            debian.package_records(archives),
            debian.contents(archives, _UNUSED_FILES),
        )
        return Made(entries, debs.versions(archives, ("base-files", "systemd", "containerd", "runc")))

    inputs = [*_PACKAGES, *_UNUSED_PACKAGES, *_UNUSED_FILES]
    return LayerPlan("Debian for a node", layers.layer_key(inputs, _HERE, debian, debs), make, seconds=25)


def _is_unused(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _UNUSED_PACKAGES)


def _kind(recipe: NodeImage) -> LayerPlan:
    def make(workshop: Workshop) -> Made:
        folder = workshop.module(recipe.kind)
        return Made(_kind_files(folder, recipe), (str(recipe.kind),))

    inputs = [recipe.kind.sum, recipe.kubernetes_version, recipe.pause, recipe.provisioner]
    return LayerPlan("kind's files", layers.layer_key(inputs, _HERE, node_files), make)


def _kind_files(module: Path, recipe: NodeImage) -> Iterator[Entry]:
    files = module / "images" / "base" / "files"
    for path in sorted(files.rglob("*")):
        name = path.relative_to(files).as_posix()
        if path.is_file() and name not in {"etc/containerd/config.toml", "usr/local/bin/clean-install"}:
            is_program = name.startswith(("usr/local/bin/", "kind/bin/"))
            yield tree.program(name, path) if is_program else tree.file(name, path)
    settings = (files / "etc/containerd/config.toml").read_text(encoding="utf-8")
    yield tree.file("etc/containerd/config.toml", node_files.containerd_config(settings, recipe.pause))
    storage = (module / "pkg/build/nodeimage/const_storage.go").read_text(encoding="utf-8")
    yield tree.file(
        "kind/manifests/default-storage.yaml", node_files.storage_manifest(storage, recipe.provisioner)
    )
    yield tree.file("kind/version", f"v{recipe.kubernetes_version}")
    yield from node_files.own_files()
    yield from _links()


def _links() -> Iterator[Entry]:
    """Programs where kind and units look for them, not where Debian puts them; what starts at boot."""
    for name in ("containerd", "containerd-shim-runc-v2", "ctr"):
        yield tree.link(f"usr/local/bin/{name}", f"/usr/bin/{name}")
    yield tree.link("usr/local/sbin/runc", "/usr/sbin/runc")
    yield tree.link("opt/cni/bin", "/usr/lib/cni")
    yield tree.folder("etc/kubernetes/manifests")
    for unit in ("kubelet", "containerd", "undo-mount-hacks"):
        yield tree.link(
            f"etc/systemd/system/multi-user.target.wants/{unit}.service",
            f"/etc/systemd/system/{unit}.service",
        )
    # It registers formats with the kernel that all nodes share.
    yield tree.link("etc/systemd/system/systemd-binfmt.service", "/dev/null")
