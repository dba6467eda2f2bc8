"""Go programs to build for images, as values."""

from __future__ import annotations

from dataclasses import dataclass

from components.catalog.modules import GoModule


@dataclass(frozen=True)
class Target:
    """A Go program to build.

    Attributes:
        module: Where it comes from.
        package: Its package, relative to the module's root.
        ldflags: Given to the linker.
        overlay: Files of ours in the module while it is built: pairs of path and text.
    """

    module: GoModule
    package: str
    ldflags: str = ""
    overlay: tuple[tuple[str, str], ...] = ()

    @property
    def group(self) -> tuple[str, ...]:
        """What programs that one run of the compiler can make have in common."""
        overlay = [f"{path}\n{text}" for path, text in self.overlay]
        return (str(self.module), self.module.sum, self.ldflags, *overlay)

    @property
    def identity(self) -> tuple[str, ...]:
        """What the program's bytes depend on."""
        return (*self.group, self.package)

    @property
    def file(self) -> str:
        """A file name that no other program of its group has."""
        return self.package.strip("./").replace("/", "-") or "root"
