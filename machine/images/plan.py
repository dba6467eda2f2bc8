"""Plans: what an image consists of, before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.images.oci import Run
from machine.images.targets import Target
from machine.images.tree import Entry

if TYPE_CHECKING:
    from machine.images.workshop import Workshop


@dataclass(frozen=True)
class Made:
    """What a layer turned out to hold.

    Attributes:
        entries: Its files; consumed once.
        origin: The modules and packages they came from, "path@version" each.
    """

    entries: Iterable[Entry]
    origin: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerPlan:
    """A layer of an image.

    Attributes:
        words: What it is, in a few words; the same for every image that shares it.
        key: Name of its inputs (`layers.layer_key`).
        make: Makes its files.
        targets: The Go programs in it.
        below: Layers that making it needs.
        seconds: About how long making it takes on two cores, nothing compiled; the longest starts first.
    """

    words: str
    key: str
    make: Callable[[Workshop], Made]
    targets: tuple[Target, ...] = ()
    below: tuple[LayerPlan, ...] = ()
    seconds: float = 1.0


@dataclass(frozen=True)
class ImagePlan:
    """An image: what it is called, what it is made of, how it starts."""

    reference: str
    layers: tuple[LayerPlan, ...]
    run: Run
