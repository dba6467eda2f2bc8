"""Doubles for the toolchain's tests: programs on PATH, a recipe, a publisher of releases."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from machine.toolchain.release import Releases
from machine.toolchain.tool import Release, Tool, VersionQuery, Workshop
from machine.toolchain.version import version_range


def install(folder: Path, name: str, says: str, *, status: int = 0) -> Path:
    """Put a program into a folder that prints a text."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {status}\n")
    program.chmod(0o755)
    return program


@dataclass
class FakeRecipe:
    """A double of a recipe: writes its programs and counts."""

    programs: tuple[str, ...] = ("tool",)
    made: int = 0
    failure: BaseException | None = None
    origin: str = "built here from a double"

    def key(self) -> str:
        return "key"

    def place(self, program: str) -> str:
        return program

    def make(self, folder: Path, shop: Workshop) -> None:
        self.made += 1
        if self.failure:
            raise self.failure
        for program in self.programs:
            install(folder, program, "v1.5.0")


def make_tool(recipe: FakeRecipe, *, release: Release | None = None, **changes: object) -> Tool:
    """A tool `tool` 1.5.0 that fits from 1.4 to 1.6."""
    options: dict[str, object] = {
        "name": "tool",
        "version": "1.5.0",
        "programs": recipe.programs,
        "fits": version_range("1.4", "1.7"),
        "query": VersionQuery(("version",), r"(v\d\S*)"),
        "recipe": recipe,
        "release": release,
        **changes,
    }
    return Tool(**options)  # type: ignore[arg-type]


@dataclass
class Publisher:
    """A double of the hosts that publish releases: a plain HTTP server on loopback.

    Its client sends every https:// request here and names the address in X-Url: what is tested is all that
    comes after TLS. Hosts in `silent` have no address.
    """

    server: ThreadingHTTPServer
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def releases(self) -> Releases:
        """A fetcher that speaks to this double only."""
        return Releases(httpx.Client(transport=_Loopback(self)))

    def publish(self, url: str, content: bytes) -> str:
        """Serve a file; returns its SHA-256."""
        self.files[url] = content
        return hashlib.sha256(content).hexdigest()


class _Loopback(httpx.BaseTransport):
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._publisher.asked.append(str(request.url))
        if request.url.host in self._publisher.silent:
            raise httpx.ConnectError("[Errno -2] Name or service not known")
        request.headers["X-Url"] = str(request.url)
        request.url = request.url.copy_with(
            scheme="http", host="127.0.0.1", port=self._publisher.server.server_port
        )
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = self.headers["X-Url"]
            if location := double.redirects.get(url):
                self.send_response(302)
                self.send_header("Location", location)
                self.end_headers()
                return
            content = double.files.get(url)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        double = Publisher(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()


def tar_gz(files: dict[str, bytes]) -> bytes:
    """A .tar.gz of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
