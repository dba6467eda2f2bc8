"""The files of a layer, as values: what a recipe yields and the layer writer turns into a tar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Literal

Kind = Literal["file", "folder", "link", "hardlink"]


@dataclass(frozen=True)
class Entry:
    """One file, folder or link of a layer.

    Attributes:
        path: Where it lies in the image, relative to its root, without "./".
        kind: "link" is a symbolic one; a "hardlink" names an entry that came before it.
        mode: Permission bits.
        owner: Numeric user and group.
        source: The bytes of a file: themselves, a path, or a stream of `size` bytes that is read as soon as
            the entry is taken.
        size: Length in bytes of what a stream gives; of no meaning otherwise.
        target: What a link points to.
    """

    path: str
    kind: Kind
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    source: bytes | Path | IO[bytes] = b""
    size: int = 0
    target: str = ""


def file(
    path: str, source: bytes | str | Path, *, mode: int = 0o644, owner: tuple[int, int] = (0, 0)
) -> Entry:
    """A regular file; text is written as UTF-8."""
    content = source.encode() if isinstance(source, str) else source
    return Entry(path.lstrip("/"), "file", mode, owner, content)


def program(path: str, source: bytes | str | Path) -> Entry:
    """A file that everybody may run."""
    return file(path, source, mode=0o755)


def folder(path: str, *, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> Entry:
    """A folder."""
    return Entry(path.lstrip("/"), "folder", mode, owner)


def link(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path.lstrip("/"), "link", 0o777, target=target)


def from_folder(root: Path, at: str, *, owner: tuple[int, int] = (0, 0)) -> Iterator[Entry]:
    """Everything below a folder of the disk, sorted, owned as told; of a mode only the execute bit stays."""
    for path in sorted(root.rglob("*")):
        where = str(PurePosixPath(at.lstrip("/")) / path.relative_to(root).as_posix())
        if path.is_symlink():
            yield link(where, str(path.readlink()))
        elif path.is_dir():
            yield folder(where, owner=owner)
        else:
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            yield file(where, path, mode=mode, owner=owner)


def with_parents(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Put each folder that a path needs before it, once; of a path given twice, what was said first stays.

    Docker refuses a layer that names a path twice.
    """
    seen: set[str] = set()
    for entry in entries:
        if entry.path in seen:
            continue
        for parent in reversed(PurePosixPath(entry.path).parents):
            name = str(parent)
            if name != "." and name not in seen:
                seen.add(name)
                yield folder(name)
        seen.add(entry.path)
        yield entry


def below(entries: Iterable[Entry], prefix: str) -> Iterator[Entry]:
    """The same entries, moved below a folder."""
    for entry in entries:
        moved = str(PurePosixPath(prefix.strip("/")) / entry.path)
        yield replace(entry, path=moved)
