"""A cache of its own for each test, and Debian packages made on the spot."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.images.debs import Deb

MakeDeb = Callable[..., Deb]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def make_deb(tmp_path: Path) -> MakeDeb:
    """Makes a real .deb: `make_deb("name", {"./bin/tool": b"..."}, links={...}, hardlinks={...})`."""

    def make(
        name: str,
        files: dict[str, bytes],
        *,
        links: dict[str, str] | None = None,
        hardlinks: dict[str, str] | None = None,
        version: str = "1.0-1",
    ) -> Deb:
        members = [("debian-binary", b"2.0\n"), ("control.tar.xz", _control(name, version))]
        members.append(("data.tar.xz", lzma.compress(_data(files, links or {}, hardlinks or {}))))
        path = tmp_path / f"{name}.deb"
        with open(path, "wb") as archive:
            archive.write(b"!<arch>\n")
            for member, content in members:
                archive.write(f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode())
                archive.write(content + b"\n" * (len(content) % 2))
        return Deb(name, version, path)

    return make


def _control(name: str, version: str) -> bytes:
    text = f"Package: {name}\nVersion: {version}\nArchitecture: all\n".encode()
    return lzma.compress(_data({"./control": text}, {}, {}))


def _data(files: dict[str, bytes], links: dict[str, str], hardlinks: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            info.mode = 0o755 if "bin/" in name or name.endswith("/") else 0o644
            info.size = 0 if name.endswith("/") else len(content)
            tar.addfile(info, io.BytesIO(content))
        for kind, group in ((tarfile.SYMTYPE, links), (tarfile.LNKTYPE, hardlinks)):
            for name, target in group.items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, target
                tar.addfile(info)
    return buffer.getvalue()
