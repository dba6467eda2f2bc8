"""A cache for each test that shares the machine's compiled packages, and a registry on the disk."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from components.catalog.modules import GoModule
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain


@pytest.fixture(scope="session")
def machine_cache() -> Cache:
    """The user's own cache: what is built there is kept."""
    return Cache.default()


@pytest.fixture(scope="session")
def go(machine_cache: Cache) -> Path:
    """The real go command."""
    return Toolchain(machine_cache, Silent()).ensure("go")["go"]


@pytest.fixture
def cache(tmp_path: Path, machine_cache: Cache) -> Iterator[Cache]:
    """An empty cache, but for the compiled packages: the standard library alone takes a minute."""
    own = Cache(tmp_path / "cache")
    own.folder("go")
    own.path("go", "build").symlink_to(machine_cache.folder("go", "build"))
    yield own
    own.path("go", "build").unlink()


class Registry:
    """A module registry as a folder, as GOPROXY=file:// reads it; the sums are computed as Go does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.address = f"file://{root}"

    def publish(self, path: str, version: str, files: Mapping[str, str]) -> GoModule:
        """Put a module into the registry and return its pin."""
        folder = self._root / path / "@v"
        folder.mkdir(parents=True)
        named = {f"{path}@{version}/{name}": text.encode() for name, text in files.items()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in named.items():
                archive.writestr(name, content)
        (folder / f"{version}.zip").write_bytes(buffer.getvalue())
        (folder / f"{version}.mod").write_text(files["go.mod"])
        (folder / f"{version}.info").write_text(f'{{"Version": "{version}"}}')
        manifest = {"go.mod": files["go.mod"].encode()}
        return GoModule(path, version, _hash(named), _hash(manifest))


def _hash(files: Mapping[str, bytes]) -> str:
    """Go's h1: the base64 of the SHA-256 over lines of each file's SHA-256 and name, sorted by name."""
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that the go command of this test asks, with no checksum database beside it."""
    registry = Registry(tmp_path / "registry")
    monkeypatch.setenv("GOPROXY", registry.address)
    monkeypatch.setenv("GONOSUMDB", "*")
    monkeypatch.setenv("GONOSUMCHECK", "1")
    return registry
