"""The layer that every image of Go programs stands on: certificates, a user list, a writable /tmp."""

from __future__ import annotations

import sys

from machine.images import debian, debs, layers, tree
from machine.images.debian import User
from machine.images.plan import LayerPlan, Made
from machine.images.workshop import Workshop

USERS = (User("cert-manager", 1000), User("istio-proxy", 1337), User("nonroot", 65532, "/home/nonroot"))
"""The users that upstream's images run as."""

_CERTIFICATES = "ca-certificates"
_SHELL = "busybox-static"
_TOOLS = (
    *("cat", "chmod", "chown", "cmp", "cp", "dirname", "env", "find", "ls", "mkdir", "mv", "rm", "sh"),
    *("sleep", "stat", "sync"),
)


def base_layer() -> LayerPlan:
    """Certificates, users and folders."""

    def make(workshop: Workshop) -> Made:
        package = next(deb for deb in workshop.debian([_CERTIFICATES]) if deb.name == _CERTIFICATES)
        entries = [*debian.frame(), *debian.users(USERS), *debian.certificates(package)]
        return Made(entries, debs.versions([package], [_CERTIFICATES]))

    key = layers.layer_key(["base"], sys.modules[__name__], debian, debs)
    return LayerPlan("certificates, users, folders", key, make)


def shell_layer() -> LayerPlan:
    """One static program that is a shell and the file tools, for pods that run scripts."""

    def make(workshop: Workshop) -> Made:
        package = next(deb for deb in workshop.debian([_SHELL]) if deb.name == _SHELL)
        program = tree.program("usr/bin/busybox", debs.read_file(package, "usr/bin/busybox"))
        return Made([program, *(tree.link(f"usr/bin/{tool}", "busybox") for tool in _TOOLS)], ())

    key = layers.layer_key(["shell", *_TOOLS], sys.modules[__name__], debs)
    return LayerPlan("a shell and file tools", key, make)
