"""The cache: the one place outside the checkout where the project keeps anything.

Everything expensive is produced once, aside, and renamed into place under a lock: a reader sees a
whole entry or none, a `kill -9` leaves only a folder that the next producer removes, and two runs
(of one checkout or two) that want the same entry do the work once.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machine.progress import Note

_ASIDE = ".aside-"


@dataclass(frozen=True)
class Cache:
    """A folder of finished entries.

    Attributes:
        root: Absolute path of the folder; made on first use.
    """

    root: Path

    @classmethod
    def default(cls, environment: dict[str, str] | None = None) -> Cache:
        """$KSERVE_PLATFORM_CACHE, else kserve-platform under $XDG_CACHE_HOME or ~/.cache."""
        env = dict(os.environ) if environment is None else environment
        if own := env.get("KSERVE_PLATFORM_CACHE"):
            return cls(Path(own).absolute())
        base = env.get("XDG_CACHE_HOME") or os.path.join(env.get("HOME") or Path.home(), ".cache")
        return cls(Path(base).absolute() / "kserve-platform")

    def path(self, *parts: str) -> Path:
        """Where an entry is or would be; nothing is created."""
        return self.root.joinpath(*parts)

    def folder(self, *parts: str) -> Path:
        """A folder of the cache, made if it is not there."""
        path = self.path(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def lock(self, *parts: str, shared: bool = False, note: Note | None = None) -> Iterator[None]:
        """Hold the lock of an entry; it is the kernel's, so it dies with its holder.

        Lock files live apart from the entries, so that an entry may be removed while its lock is held.

        Args:
            parts: The entry's path below the root.
            shared: Let others hold it too, if all share.
            note: Told if another run holds it and we have to wait.
        """
        with open(self.folder("locks") / _lock_name(parts), "a", encoding="utf-8") as handle:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if note:
                    note("another run is doing this: waiting for it")
                fcntl.flock(handle, kind)
            yield

    @contextmanager
    def try_lock(self, *parts: str) -> Iterator[bool]:
        """Hold the lock of an entry alone if nobody else holds it; tells whether it is held."""
        with open(self.folder("locks") / _lock_name(parts), "a", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def produce(
        self, parts: tuple[str, ...], build: Callable[[Path], None], note: Note | None = None
    ) -> Path:
        """Return the entry, building it first if it is not there.

        Args:
            parts: The entry's path below the root. It names content: same parts, same bytes.
            build: Fills the folder (or writes the file) at the path it is given, fresh, beside the entry.
            note: Told if another run is building it and we have to wait.

        Returns:
            The finished entry's path.
        """
        entry = self.path(*parts)
        if entry.exists():
            return entry
        with self.lock(*parts, note=note):
            if entry.exists():
                return entry
            entry.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(entry)
            aside = entry.with_name(f"{entry.name}{_ASIDE}{uuid.uuid4().hex[:8]}")
            try:
                build(aside)
                os.replace(aside, entry)
            finally:
                remove_tree(aside)
        return entry


def _lock_name(parts: tuple[str, ...]) -> str:
    return "_".join(parts).replace("/", "_") + ".lock"


def remove_leftovers(entry: Path) -> None:
    """Remove what killed producers of this entry left beside it; call with the entry's lock held."""
    for leftover in entry.parent.glob(f"{glob.escape(entry.name)}{_ASIDE}*"):
        remove_tree(leftover)


def remove_tree(path: Path) -> None:
    """Remove a file or a folder, also one whose folders are read-only (Go's module cache); absent is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)
    shutil.rmtree(path, ignore_errors=not path.exists())


def write_atomically(path: Path, data: bytes | str, *, mode: int = 0o644) -> None:
    """Write a whole file or nothing: aside in the same folder, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}{_ASIDE}{uuid.uuid4().hex[:8]}")
    raw = data.encode() if isinstance(data, str) else data
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(raw)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
