"""Images of Go programs: the base layer, a layer with the programs, a layer with the files they read."""

from __future__ import annotations

import sys

from components.catalog.modules import GoModule
from components.catalog.recipes import CoreDns, GoProgram, ModuleFile, Pause
from machine.images import debs, layers, tree
from machine.images.base import base_layer, shell_layer
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.targets import Target
from machine.images.workshop import Workshop

_HERE = sys.modules[__name__]
_PAUSE = "catatonit"
_SECONDS = 60.0


def go_program(reference: str, recipe: GoProgram) -> ImagePlan:
    """An image of one module's programs."""
    run = Run(recipe.entrypoint, user=recipe.user)
    return ImagePlan(reference, go_layers(recipe), run)


def go_layers(recipe: GoProgram) -> tuple[LayerPlan, ...]:
    """The layers of an image of one module's programs."""
    targets = {b.path: Target(recipe.module, b.package, recipe.ldflags) for b in recipe.binaries}
    return (
        base_layer(),
        *([shell_layer()] if recipe.shell else []),
        program_layer(targets),
        *([files_layer(recipe.module, recipe.files)] if recipe.files else []),
    )


def program_layer(targets: dict[str, Target], seconds: float = _SECONDS) -> LayerPlan:
    """A layer of Go programs.

    Args:
        targets: Absolute path in the image -> the program.
        seconds: How long compiling takes, about.
    """

    def make(workshop: Workshop) -> Made:
        workshop.expect(targets.values())
        entries = [tree.program(path, workshop.program(target)) for path, target in sorted(targets.items())]
        return Made(entries, tuple(dict.fromkeys(str(target.module) for target in targets.values())))

    inputs = [text for path, target in sorted(targets.items()) for text in (path, *target.identity)]
    words = ", ".join(f"{target.module.path} {target.package}" for target in targets.values())
    return LayerPlan(words, layers.layer_key(inputs), make, tuple(targets.values()), seconds=seconds)


def files_layer(module: GoModule, files: tuple[ModuleFile, ...]) -> LayerPlan:
    """A layer of files taken out of a module as they are."""

    def make(workshop: Workshop) -> Made:
        folder = workshop.module(module)
        entries = [tree.file(file.path, folder / file.source) for file in files]
        return Made(entries, (str(module),))

    inputs = [module.sum, *(f"{file.path} {file.source}" for file in files)]
    return LayerPlan(f"files of {module.path}", layers.layer_key(inputs), make)


def core_dns(reference: str, recipe: CoreDns) -> ImagePlan:
    """CoreDNS with a few plugins: its imports and its order of directives are replaced while it compiles."""
    overlay = (
        ("core/plugin/zplugin.go", _imports(recipe.plugins)),
        ("core/dnsserver/zdirectives.go", _directives(recipe.plugins)),
    )
    target = Target(recipe.module, ".", overlay=overlay)
    # Root without any capability but NET_BIND_SERVICE, which kubeadm's Deployment gives it: upstream's
    # image carries that one on the file, and layers here carry no extended attributes.
    run = Run(("/coredns",), user="0:0")
    return ImagePlan(reference, (base_layer(), program_layer({"/coredns": target})), run)


def _imports(plugins: tuple[str, ...]) -> str:
    path = "github.com/coredns/coredns/plugin"
    lines = "".join(f'\t_ "{path}/{_PACKAGES.get(name, name)}"\n' for name in sorted(plugins))
    return f"package plugin\n\nimport (\n\t// Corefiles name these and no others.\n{lines})\n"


def _directives(plugins: tuple[str, ...]) -> str:
    lines = "".join(f'\t"{name}",\n' for name in _ORDER if name in plugins)
    words = "// Directives are the plugins in the order in which they run."
    return f"package dnsserver\n\n{words}\nvar Directives = []string{{\n{lines}}}\n"


_PACKAGES = {"prometheus": "metrics"}
# A plugin sees a request before those below it: the order means something, and is not for a recipe to choose.
_ORDER = (
    *("reload", "ready", "health", "prometheus", "errors", "log", "loadbalance", "cache", "rewrite"),
    *("hosts", "kubernetes", "loop", "forward"),
)


def pause(reference: str, recipe: Pause) -> ImagePlan:
    """The process that holds a pod's namespaces and reaps its orphans."""
    del recipe

    def make(workshop: Workshop) -> Made:
        package = next(deb for deb in workshop.debian([_PAUSE]) if deb.name == _PAUSE)
        program = tree.program("pause", debs.read_file(package, "usr/bin/catatonit"))
        return Made([program], debs.versions([package], [_PAUSE]))

    layer = LayerPlan("catatonit", layers.layer_key(["pause"], _HERE, debs), make)
    return ImagePlan(reference, (layer,), Run(("/pause", "-P"), user="65535:65535"))
