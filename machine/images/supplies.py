"""Real sources of material for images: the Go builder, Debian archives, Python wheels, npm packages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from machine.cache import Cache
from machine.images.debs import Deb
from machine.images.wheels import fetch_wheels
from machine.images.workshop import Supplies
from machine.npm import pack
from machine.toolchain.debian import DebianPackages
from machine.toolchain.ensure import Toolchain


def supplies_of(cache: Cache, toolchain: Toolchain) -> Supplies:
    """Material from the package registries that this machine is set to use."""
    packages = DebianPackages(cache)

    def archives(names: Sequence[str], assumed: Sequence[str]) -> Sequence[Deb]:
        fetched = packages.fetch(names, assumed=assumed)
        return [Deb(p.name, p.version, packages.archive(p)) for p in fetched]

    return Supplies(
        go=toolchain.modules,
        debian=archives,
        wheels=lambda lock: fetch_wheels(cache, lock),
        npm=partial(pack, toolchain),
    )
