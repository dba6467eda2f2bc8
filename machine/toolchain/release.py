"""Official releases: fetched over HTTPS only, and not used before their published checksum is checked."""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from components.errors import PlatformError, Problem
from machine.progress import Note
from machine.toolchain.recipes import machine_architecture
from machine.toolchain.tool import Release, Tool

# Imported where a release is fetched: it costs a third of a second, and most runs fetch nothing.
if TYPE_CHECKING:
    import httpx

# Where nothing answers, every tool would wait this long; what does answer, answers in less.
_CONNECT_SECONDS = 4.0
_READ_SECONDS = 60.0
_MAX_REDIRECTS = 5
_MEGABYTE = 1 << 20


class ReleaseUnreachable(PlatformError):
    """The publisher's host gives no usable answer; another way to get the tool may exist."""


class ReleaseRefused(PlatformError):
    """What came is not what was published, or would come by an unsafe way: never a reason to go on."""


class Releases:
    """Fetches releases; remembers for its lifetime which hosts gave no answer."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        """Make a fetcher.

        Args:
            client: Speaks HTTP; by default one with a short connect timeout and the machine's own
                certificates and proxy.
        """
        self._client = client
        self._silent: dict[str, str] = {}
        self._guard = threading.Lock()

    def fetch(self, tool: Tool, folder: Path, note: Note) -> None:
        """Put a release's programs into a fresh folder.

        Raises:
            ReleaseUnreachable: No host, no answer in time, or an answer that is not the file.
            ReleaseRefused: The checksum differs or is not published, or a redirect leaves HTTPS.
        """
        release = tool.release
        architecture = machine_architecture()
        if release is None or architecture not in release.architectures:
            raise ReleaseUnreachable(Problem(what=f"{tool.name} has no release for {architecture}"))
        url = release.fill(release.url, tool.version, architecture)
        published = self._checksum(release.fill(release.checksums, tool.version, architecture), url)
        folder.mkdir(parents=True)
        download = folder / ".download"
        came = self._download(url, download, note)
        if came != published:
            download.unlink()
            raise ReleaseRefused(
                Problem(
                    what=f"The release of {tool.name} {tool.version} is not what its publisher announced",
                    key=url,
                    seen=f"SHA-256 {came}",
                    why=f"The published checksum is {published}; what differs was altered on its way.",
                    fix="Look for a proxy that serves something else, or set KSERVE_PLATFORM_TOOLS=build.",
                )
            )
        if release.members:
            members = {
                release.fill(path, tool.version, architecture): name for name, path in release.members.items()
            }
            missing = _extract(download, folder, members)
            download.unlink()
            if missing:
                raise ReleaseRefused(
                    Problem(
                        what="A release lacks files that it should hold",
                        key=url,
                        seen=", ".join(sorted(missing)),
                    )
                )
        else:
            download.rename(folder / tool.programs[0])
        for program in folder.iterdir():
            program.chmod(0o755)

    def _checksum(self, url: str, about: str) -> str:
        with self._get(url) as answer:
            text = answer.read().decode("utf-8", errors="replace")
        found = find_checksum(text, posixpath.basename(urlsplit(about).path))
        if found is None:
            raise ReleaseRefused(
                Problem(
                    what="The published checksum file names no sum for the release",
                    key=url,
                    seen=text[:120].strip(),
                    why=f"{about} cannot be verified without one.",
                    fix="Look for a proxy that serves something else, or set KSERVE_PLATFORM_TOOLS=build.",
                )
            )
        return found

    def _download(self, url: str, target: Path, note: Note) -> str:
        digest, done = hashlib.sha256(), 0
        with self._get(url) as answer, open(target, "wb") as sink:
            total = int(answer.headers.get("Content-Length") or 0)
            for chunk in answer.iter_bytes(_MEGABYTE):
                sink.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                note(f"{done // _MEGABYTE} MB" + (f" of {total // _MEGABYTE}" if total else ""))
        return digest.hexdigest()

    @contextmanager
    def _get(self, url: str) -> Iterator[httpx.Response]:
        """Follow redirects by hand: each hop must be HTTPS and answer; a silent host is asked once a run."""
        for _ in range(_MAX_REDIRECTS):
            parts = urlsplit(url)
            if parts.scheme != "https":
                raise ReleaseRefused(
                    Problem(what="A release is offered without HTTPS", key=url, why="Anyone could alter it.")
                )
            with self._answer(url, parts.netloc) as answer:
                if answer.is_redirect:
                    url = urljoin(url, answer.headers["Location"])
                    continue
                if answer.status_code != HTTPStatus.OK:
                    raise ReleaseUnreachable(
                        Problem(what=f"{parts.netloc} answers {answer.status_code}", key=url)
                    )
                yield answer
                return
        raise ReleaseUnreachable(Problem(what=f"more than {_MAX_REDIRECTS} redirects", key=url))

    @contextmanager
    def _answer(self, url: str, host: str) -> Iterator[httpx.Response]:
        import httpx

        with self._guard:
            if host in self._silent:
                raise ReleaseUnreachable(
                    Problem(what=f"{host} cannot be reached", key=url, why=self._silent[host])
                )
            if self._client is None:
                timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
                self._client = httpx.Client(timeout=timeout, follow_redirects=False)
        try:
            with self._client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                yield answer
        except httpx.TransportError as error:
            why = str(error) or type(error).__name__
            with self._guard:
                self._silent[host] = why
            raise ReleaseUnreachable(Problem(what=f"{host} cannot be reached", key=url, why=why)) from None


def find_checksum(text: str, file_name: str) -> str | None:
    """Find a file's SHA-256 in a published checksum file.

    Args:
        text: The sum alone, or lines of a sum and a file name, as sha256sum writes them.
        file_name: The file it is about.
    """
    for line in text.splitlines():
        words = line.split()
        if not words or not re.fullmatch(r"[0-9a-fA-F]{64}", words[0]):
            continue
        if len(words) == 1 or posixpath.basename(words[1].lstrip("*")) == file_name:
            return words[0].lower()
    return None


def _extract(archive: Path, folder: Path, members: dict[str, str]) -> set[str]:
    """Take the named files out of a .tar.gz, and nothing else; return those that it lacks."""
    missing = set(members)
    with tarfile.open(archive, "r:gz") as tar:
        for entry in tar:
            name = posixpath.normpath(entry.name)
            if name not in members or not entry.isfile():
                continue
            source = tar.extractfile(entry)
            assert source is not None
            with source, open(folder / members[name], "wb") as sink:
                while chunk := source.read(_MEGABYTE):
                    sink.write(chunk)
            missing.discard(name)
    return missing


def has_release(release: Release | None) -> bool:
    """Whether a release exists for this machine."""
    return release is not None and machine_architecture() in release.architectures
