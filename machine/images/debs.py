"""Debian packages as layers: their files streamed out of the archives, nothing run and nothing unpacked.

A .deb is an `ar` archive of two tars. Reading them directly gives the same layer on every machine, needs no
chroot and no root, and is bound by the decompression alone. What maintainer scripts would have done is said
in the open by `machine.images.debian`.
"""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from components.errors import PlatformError
from machine.images.tree import Entry

_MERGED = ("bin", "sbin", "lib", "lib64")
_DROPPED = (
    "usr/share/man/",
    "usr/share/info/",
    "usr/share/locale/",
    "usr/share/lintian/",
    "usr/share/bug/",
    "usr/share/doc-base/",
    "usr/share/gtk-doc/",
)


@dataclass(frozen=True)
class Deb:
    """A package archive on the disk.

    Attributes:
        name: Package name.
        version: Its version, as Debian writes it.
        path: The archive.
    """

    name: str
    version: str
    path: Path


def package_files(deb: Deb, keep: Callable[[str], bool] = lambda path: True) -> Iterator[Entry]:
    """The files of a package, as entries of a merged-/usr system; each one's bytes are read as it is taken.

    Args:
        deb: The package.
        keep: Says by a path whether it is wanted. Manual pages and translations never are; of the
            documentation only the licence is.
    """
    with _member(deb, "data.tar") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for info in tar:
            path = merged(info.name.removeprefix("./").rstrip("/"))
            if path in {"", ".", *_MERGED} or not _wanted(path) or not keep(path):
                continue
            entry = _entry(tar, info, path)
            if entry is not None:
                yield entry


def control(deb: Deb) -> str:
    """The package's control paragraph: name, version, dependencies, as dpkg's status file has it."""
    with _member(deb, "control.tar") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for info in tar:
            if info.name.removeprefix("./") == "control":
                return cast("IO[bytes]", tar.extractfile(info)).read().decode()
    raise _broken(deb, "no control file")


def read_file(deb: Deb, path: str) -> bytes:
    """One regular file of a package.

    Raises:
        PlatformError: The package does not hold it.
    """
    for entry in package_files(deb, lambda name: name == path):
        if entry.kind == "file":
            return cast("IO[bytes]", entry.source).read()
    raise _broken(deb, f"no {path}")


def merged(path: str) -> str:
    """A path of a package as a merged-/usr system has it: /bin, /sbin and /lib are links into /usr."""
    return f"usr/{path}" if path.split("/", 1)[0] in _MERGED and "/" in path else path


def _wanted(path: str) -> bool:
    if path.startswith("usr/share/doc/"):
        return path.endswith("/copyright")
    return not path.startswith(_DROPPED)


def _entry(tar: tarfile.TarFile, info: tarfile.TarInfo, path: str) -> Entry | None:
    owner = (info.uid, info.gid)
    if info.isdir():
        return Entry(path, "folder", info.mode & 0o7777, owner)
    if info.issym():
        return Entry(path, "link", 0o777, owner, target=info.linkname)
    if info.islnk():
        target = merged(info.linkname.removeprefix("./"))
        return Entry(path, "hardlink", info.mode & 0o7777, owner, target=target)
    if info.isfile():
        stream = cast("IO[bytes]", tar.extractfile(info))
        return Entry(path, "file", info.mode & 0o7777, owner, stream, info.size)
    return None


@contextmanager
def _member(deb: Deb, name: str) -> Iterator[IO[bytes]]:
    with open(deb.path, "rb") as archive:
        for member, size in _members(deb, archive):
            if member.startswith(name):
                with _decompress(deb, member, cast("IO[bytes]", _Slice(archive, size))) as stream:
                    yield stream
                return
        raise _broken(deb, f"no {name}")


def _members(deb: Deb, archive: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Names and sizes of an `ar` archive's members; the stream stands at each one's bytes."""
    if archive.read(8) != b"!<arch>\n":
        raise _broken(deb, "not an ar archive")
    while len(header := archive.read(60)) == 60:
        size = int(header[48:58])
        start = archive.tell()
        yield header[:16].decode().strip().rstrip("/"), size
        archive.seek(start + size + size % 2)


def _decompress(deb: Deb, member: str, stream: IO[bytes]) -> IO[bytes]:
    if member.endswith(".xz"):
        return cast("IO[bytes]", io.BufferedReader(lzma.LZMAFile(stream), 1 << 20))
    if member.endswith(".gz"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if member.endswith(".tar"):
        return stream
    raise _broken(deb, f"{member} is compressed in a way that is not known here")


class _Slice(io.RawIOBase):
    """The next `size` bytes of a stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _broken(deb: Deb, seen: str) -> PlatformError:
    return PlatformError.single(
        f"the Debian package {deb.name} {deb.version} is not as expected",
        seen=seen,
        fix=f"Remove {deb.path} and run the command again.",
    )


def versions(debs: Iterable[Deb], names: Iterable[str]) -> tuple[str, ...]:
    """Name the packages that were asked for, with their versions, as an image's origin."""
    wanted = set(names)
    return tuple(f"debian/{deb.name}@{deb.version}" for deb in debs if deb.name in wanted)
