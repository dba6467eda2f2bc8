"""Layers: a deterministic tar for each set of inputs, made once and found again by those inputs.

Tars are not compressed: they never travel, unpacking them is bound by the disk, and containerd's content
store can then hold the very file that the cache holds.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from machine.cache import Cache, write_atomically
from machine.images import tree
from machine.images.blobs import Blob, Blobs, BlobWriter
from machine.images.tree import Entry

EPOCH = 1_577_836_800
"""Every file's time, seconds since 1970: 2020-01-01, because zip archives refuse times before 1980."""

_TYPES = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
}
_ZEROS = bytes(tarfile.RECORDSIZE)


def write_layer(blobs: Blobs, entries: Iterable[Entry]) -> Blob:
    """Write a tar of the entries, as ordered, with the folders they need; same entries, same bytes."""
    with blobs.writer() as sink:
        for entry in tree.with_parents(entries):
            _write_entry(sink, entry)
        sink.write(_ZEROS[: 2 * tarfile.BLOCKSIZE])
        if rest := sink.tell() % tarfile.RECORDSIZE:
            sink.write(_ZEROS[rest:])
    return sink.blob


def _write_entry(sink: BlobWriter, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.type = _TYPES[entry.kind]
    info.mode = entry.mode
    info.uid, info.gid = entry.owner
    info.mtime = EPOCH
    info.linkname = entry.target
    if entry.kind != "file":
        sink.write(info.tobuf(tarfile.PAX_FORMAT))
        return
    source = entry.source
    if isinstance(source, bytes):
        info.size = len(source)
        sink.write(info.tobuf(tarfile.PAX_FORMAT))
        sink.write(source)
    elif isinstance(source, Path):
        info.size = source.stat().st_size
        sink.write(info.tobuf(tarfile.PAX_FORMAT))
        with open(source, "rb") as stream:
            shutil.copyfileobj(stream, sink, 1 << 20)
    else:
        info.size = entry.size
        sink.write(info.tobuf(tarfile.PAX_FORMAT))
        shutil.copyfileobj(source, sink, 1 << 20)
    if rest := info.size % tarfile.BLOCKSIZE:
        sink.write(_ZEROS[: tarfile.BLOCKSIZE - rest])


@dataclass(frozen=True)
class Layer:
    """A layer in the cache.

    Attributes:
        blob: Its tar.
        origin: The modules and packages that its files came from, "path@version" each.
    """

    blob: Blob
    origin: tuple[str, ...]


class Layers:
    """The layers of a cache: images/layers/<key of the inputs>.json says which blob they gave."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.blobs = Blobs(cache)

    def find(self, key: str) -> Layer | None:
        """The layer made from these inputs before, if its bytes are still here."""
        try:
            fields = json.loads(self._record(key).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        layer = Layer(Blob(fields["digest"], fields["size"]), tuple(fields["origin"]))
        return layer if self.blobs.has(layer.blob) else None

    def make(self, key: str, produce: Callable[[], tuple[Iterable[Entry], tuple[str, ...]]]) -> Layer:
        """The layer of these inputs, made if it is not there; two runs that want the same one make it once.

        Args:
            key: Name of the inputs.
            produce: Gives the files, and what they came from.
        """
        if found := self.find(key):
            return found
        with self._cache.lock("images", "layers", key):
            if found := self.find(key):
                return found
            entries, origin = produce()
            blob = write_layer(self.blobs, entries)
            fields = {"digest": blob.digest, "size": blob.size, "origin": list(origin)}
            write_atomically(self._record(key), json.dumps(fields) + "\n")
            return Layer(blob, origin)

    def _record(self, key: str) -> Path:
        return self._cache.path("images", "layers", f"{key}.json")


def layer_key(inputs: Iterable[str], *code: ModuleType) -> str:
    """Name a layer by what it is made of: its inputs, and the code that turns them into files.

    The code counts, so that an edit of a recipe rebuilds what that recipe makes and nothing else.
    """
    whole = hashlib.sha256()
    for text in inputs:
        whole.update(text.encode() + b"\0")
    for module in (sys.modules[__name__], tree, *code):
        whole.update(inspect.getsource(module).encode() + b"\0")
    return whole.hexdigest()[:32]
