"""Giving disk back: once everything is built, Go's module and build caches are 20 GB that nothing needs.

What stays is what rendering reads: the folders of the catalog's modules. A program that is to be built again
fetches and compiles again.
"""

from __future__ import annotations

import os
from pathlib import Path

from machine.cache import Cache, remove_tree
from machine.gomodules import IN_USE
from machine.progress import Reporter

_REMOVED = ".removed"
# A cluster and its state take 4 GiB: twice that leaves room for what its pods write, or for a second stack.
ENOUGH = 8 << 30


def is_short(free: int, *, builds: bool) -> bool:
    """Whether Go's caches should go, for the room they take.

    Args:
        free: Bytes free where the cache is.
        builds: Something is still to be built: an interrupted build would begin anew without them.
    """
    return not builds and free < ENOUGH


def make_room(cache: Cache, report: Reporter, *, builds: bool = False) -> int:
    """Empty Go's caches where the disk is short; returns the bytes given back.

    Args:
        cache: The cache.
        report: Told if there is something to do.
        builds: As for `is_short`.
    """
    go = cache.path("go")
    if not (go / "build").is_dir() or not is_short(_free(go), builds=builds):
        return 0
    with report.step("empty Go's caches: the disk is short", expected=10.0) as note:
        freed = reclaim_go(cache)
        note(f"{freed / (1 << 30):.1f} GiB freed")
    return freed


def reclaim_go(cache: Cache) -> int:
    """Empty Go's caches but for the verified module folders; nothing happens while a build runs.

    Safe to kill at any moment: what is half removed is out of Go's sight before the first file goes.

    Returns:
        Bytes given back to the file system, as it says itself.
    """
    go = cache.path("go")
    if not go.is_dir():
        return 0
    with cache.try_lock(*IN_USE) as alone:
        if not alone:
            return 0
        before = _free(go)
        for name in ("build", "trees"):
            _remove(go / name)
        # Go unpacks a folder anew if its checksum file is gone: with these out of sight first, a folder that
        # a kill left half removed is not mistaken for a whole one.
        _remove(go / "mod" / "cache")
        _remove_but(go / "mod", verified_folders(cache))
        return max(0, _free(go) - before)


def verified_folders(cache: Cache) -> frozenset[Path]:
    """Folders of the modules whose content was checked against the catalog."""
    stamps = cache.path("go", "verified")
    if not stamps.is_dir():
        return frozenset()
    lines = [stamp.read_text(encoding="utf-8").splitlines() for stamp in stamps.iterdir()]
    return frozenset(cache.root / line[1] for line in lines if len(line) > 1)


def _remove(path: Path) -> None:
    aside = path.with_name(f"{path.name}{_REMOVED}")
    remove_tree(aside)
    if path.exists():
        os.replace(path, aside)
        remove_tree(aside)


def _remove_but(folder: Path, kept: frozenset[Path]) -> None:
    """Remove all below a folder except some folders, and those that lead to them."""
    leading = {parent for path in kept for parent in path.parents}
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry in kept:
            continue
        if entry in leading:
            _remove_but(entry, kept)
        else:
            remove_tree(entry)


def _free(path: Path) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize
