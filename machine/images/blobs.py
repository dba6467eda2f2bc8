"""Content-addressed bytes: the one place where an image's layers, configs and manifests are kept.

A blob's name is the SHA-256 of its bytes, so what two images share is there once, and the store that a
node mounts can take blobs as hard links.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from machine.cache import Cache


@dataclass(frozen=True)
class Blob:
    """The name of some bytes.

    Attributes:
        digest: "sha256:" and 64 hexadecimal digits.
        size: Length in bytes.
    """

    digest: str
    size: int


class BlobWriter:
    """Receives the bytes of one blob; `Blobs.writer` hands it out."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self._size += len(data)
        return self._sink.write(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._size

    @property
    def blob(self) -> Blob:
        """The name of what was written so far."""
        return Blob(f"sha256:{self._hash.hexdigest()}", self._size)


class Blobs:
    """The blobs of a cache, images/blobs/sha256/<hex>."""

    def __init__(self, cache: Cache) -> None:
        self._folder = cache.folder("images", "blobs", "sha256")
        self._aside = cache.folder("images", "blobs", "aside")

    def path(self, blob: Blob) -> Path:
        """Where the blob's bytes are or would be."""
        return self._folder / blob.digest.removeprefix("sha256:")

    def has(self, blob: Blob) -> bool:
        """Whether the blob is here, whole."""
        try:
            return self.path(blob).stat().st_size == blob.size
        except FileNotFoundError:
            return False

    def find(self, digest: str) -> Blob | None:
        """The blob of this digest, if its bytes are here."""
        try:
            return Blob(digest, (self._folder / digest.removeprefix("sha256:")).stat().st_size)
        except FileNotFoundError:
            return None

    def read(self, blob: Blob) -> bytes:
        """The bytes of a small blob."""
        return self.path(blob).read_bytes()

    def put(self, data: bytes) -> Blob:
        """Keep bytes that are already in memory."""
        with self.writer() as writer:
            writer.write(data)
        return writer.blob

    @contextmanager
    def writer(self) -> Iterator[BlobWriter]:
        """Keep what is written, once the block ends without an exception.

        The file is locked while it grows: `sweep` tells a killed writer's leftovers by their free lock.
        """
        path = self._aside / uuid.uuid4().hex
        try:
            with open(path, "xb", buffering=1 << 20) as sink:
                fcntl.flock(sink, fcntl.LOCK_EX)
                writer = BlobWriter(sink)
                yield writer
                sink.flush()
                os.fchmod(sink.fileno(), 0o444)
                os.replace(path, self.path(writer.blob))
        finally:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed writers left."""
        for path in self._aside.iterdir():
            try:
                with open(path, "rb") as leftover:
                    fcntl.flock(leftover, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink(missing_ok=True)
            except (BlockingIOError, FileNotFoundError):
                continue
