"""Debian packages without installing any: resolved, fetched and unpacked below the cache.

apt works on private lists and an empty package status, so that dependencies close over everything, and the
machine's own package manager never learns of it. Sources, keys, proxy and certificates are the machine's;
signatures are always checked. What is unpacked runs no maintainer script.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from components.errors import PlatformError, Problem
from machine.cache import Cache, write_atomically
from machine.process import CommandFailed, Result, last_lines, run, run_logged
from machine.progress import Note
from machine.toolchain.apt import Package, own_sources, parse_uris, private_configuration, unknown_packages

_MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
_GONE = re.compile(r"404 +Not Found|Hash Sum mismatch|File has unexpected size")


class PackagesUnavailable(PlatformError):
    """Packages cannot be resolved or fetched here."""


class DebianPackages:
    """Fetches and unpacks packages of the machine's own Debian release; safe when two runs do it at once."""

    def __init__(self, cache: Cache, *, apt: Path = Path("/etc/apt"), release: Path | None = None) -> None:
        """Prepare; nothing is fetched before it is asked for.

        Args:
            cache: Lists, archives and private configuration go to its debian/ folder.
            apt: Where the machine keeps its apt sources.
            release: The machine's os-release file.
        """
        self._cache = cache
        self._apt = apt
        self._release = release or Path("/etc/os-release")
        self._log = cache.path("logs", "debian.log")

    def resolve(self, packages: Sequence[str], note: Note = lambda text: None) -> tuple[Package, ...]:
        """The packages and all that they depend on, by name; as of the package lists in the cache.

        The lists are fetched once and then kept, so that a name means the same from run to run, and a warm
        cache needs no network; `fetch` renews them when the archive no longer has what they name.

        Raises:
            PackagesUnavailable: Not a Debian system, no sources, no answer, or no such package.
        """
        with self._cache.lock("debian"):
            return self._resolve(packages, note)

    def key(self, packages: Sequence[str]) -> str:
        """A short name of what `unpack` would unpack: the names and versions of all of it."""
        return content_key(self.resolve(packages))

    def fetch(
        self, packages: Sequence[str], note: Note = lambda text: None, *, assumed: Sequence[str] = ()
    ) -> tuple[Package, ...]:
        """Have the packages' files in `archives`, each checked against the signed lists.

        Args:
            packages: Names; what they depend on comes too.
            note: Told in a few words what goes on.
            assumed: Packages to take for installed: neither they nor what only they need is fetched.

        Raises:
            PackagesUnavailable: As `resolve`.
        """
        with self._cache.lock("debian"):
            status = self._status(assumed)
            closure = self._resolve(packages, note, status)
            if all(self._has(package) for package in closure):
                return closure
            note(f"downloading {len(closure)} packages, {sum(p.size for p in closure) >> 20} MB")
            try:
                self._apt_get([*status, "--download-only", "--assume-yes", "install", *packages], note)
            except CommandFailed as failure:
                if not _GONE.search(failure.tail):
                    raise _unavailable("fetch packages", failure.tail, self._log) from None
                self._update(note)  # the archive has moved on from our lists
                closure = self._resolve(packages, note, status)
                try:
                    self._apt_get([*status, "--download-only", "--assume-yes", "install", *packages], note)
                except CommandFailed as again:
                    raise _unavailable("fetch packages", again.tail, self._log) from None
        return closure

    def archive(self, package: Package) -> Path:
        """Where a fetched package's file is."""
        return self._folder / "archives" / package.file

    def unpack(self, packages: Sequence[str], target: Path, note: Note = lambda text: None) -> dict[str, str]:
        """Unpack packages with everything they depend on into a folder.

        /bin, /sbin, /lib and /lib64 are links into usr, as on an installed system.

        Args:
            packages: Names.
            target: The root to unpack below; made if it is not there.
            note: Told in a few words what goes on.

        Returns:
            Name -> version of every package unpacked.

        Raises:
            PackagesUnavailable: As `fetch`; or a file cannot be unpacked.
        """
        closure = self.fetch(packages, note)
        target.mkdir(parents=True, exist_ok=True)
        for link, place in _MERGED.items():
            (target / place).mkdir(parents=True, exist_ok=True)
            if not (target / link).is_symlink():
                (target / link).symlink_to(place)
        note(f"unpacking {len(closure)} packages")
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            list(pool.map(lambda package: self._unpack(package, target), closure))
        return {package.name: package.version for package in closure}

    @property
    def _folder(self) -> Path:
        return self._cache.path("debian")

    def _has(self, package: Package) -> bool:
        file = self.archive(package)
        return file.exists() and file.stat().st_size == package.size

    def _unpack(self, package: Package, target: Path) -> None:
        # `dpkg-deb --extract` would put real folders where /bin, /sbin and /lib are links.
        read = ["dpkg-deb", "--fsys-tarfile", str(self.archive(package))]
        write = ["tar", "--extract", "--file=-", "--keep-directory-symlink", f"--directory={target}"]
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(read, stdout=subprocess.PIPE, stderr=said) as reader,
            subprocess.Popen(write, stdin=reader.stdout, stderr=said) as writer,
        ):
            assert reader.stdout is not None
            reader.stdout.close()
            failed = writer.wait() or reader.wait()
            said.seek(0)
            if failed:
                why = said.read().decode(errors="replace")
                raise _unavailable(f"unpack {package.file}", why, self._log)

    def _status(self, assumed: Sequence[str]) -> list[str]:
        """Options under which apt takes packages for installed, at a version that satisfies everything."""
        if not assumed:
            return []
        text = "".join(
            f"Package: {name}\nStatus: install ok installed\nMaintainer: nobody <nobody@example.com>\n"
            f"Architecture: {_debian_architecture()}\nMulti-Arch: same\nVersion: 9999:9999\n"
            "Description: taken for installed\n\n"
            for name in sorted(assumed)
        )
        file = self._folder / f"status-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        write_atomically(file, text)
        return ["-o", f"Dir::State::status={file}"]

    def _resolve(
        self, packages: Sequence[str], note: Note, status: Sequence[str] = ()
    ) -> tuple[Package, ...]:
        self._prepare()
        if not any((self._folder / "state" / "lists").glob("*_Packages*")):
            self._update(note)
        try:
            # apt names only what is not in its archive folder: give it one that is always empty.
            nowhere = f"Dir::Cache::archives={self._folder / 'no-archives'}"
            result = self._ask([*status, "-o", nowhere, "--print-uris", "--assume-yes", "install", *packages])
        except CommandFailed as failure:
            unknown = unknown_packages(failure.tail)
            if unknown:
                raise PackagesUnavailable(
                    Problem(
                        what="This machine's Debian sources have no such package",
                        seen=", ".join(unknown),
                        fix=f"Check the sources in {self._apt}.",
                    )
                ) from None
            raise _unavailable("resolve packages", failure.tail, self._log) from None
        return parse_uris(result.output)

    def _update(self, note: Note) -> None:
        note("reading the package lists")
        try:
            self._apt_get(["--error-on=any", "update"], note)
        except CommandFailed as failure:
            raise _unavailable("read the package lists", failure.tail, self._log) from None

    def _prepare(self) -> None:
        """Write the private configuration: cheap, so always, from what the machine says now."""
        require_debian_tools()
        folder = self._folder
        for name in (
            "state/lists/partial",
            "cache",
            "archives/partial",
            "no-archives/partial",
            "sources",
            "no-parts",
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        codename = read_codename(self._release)
        files = [self._apt / "sources.list", *sorted((self._apt / "sources.list.d").glob("*"))]
        texts = {
            file.name: file.read_text(encoding="utf-8")
            for file in files
            if file.suffix in {".list", ".sources"} and file.is_file()
        }
        sources = own_sources(texts, codename)
        if not sources:
            raise PackagesUnavailable(
                Problem(
                    what="This machine has no package source of its own release",
                    seen=", ".join(sorted(texts)) or "no file",
                    why=f"No enabled source in {self._apt} offers {codename}.",
                    fix=f"Add one to {self._apt}/sources.list.d.",
                )
            )
        write_atomically(folder / "sources" / "own.sources", "\n".join(s.stanza() for s in sources))
        machine = run(["apt-config", "dump"]).output
        write_atomically(folder / "apt.conf", private_configuration(folder, machine))

    def _environment(self) -> dict[str, str]:
        return {
            "APT_CONFIG": str(self._folder / "apt.conf"),
            "LC_ALL": "C",
            "DEBIAN_FRONTEND": "noninteractive",
        }

    def _ask(self, arguments: Sequence[str]) -> Result:
        return run(["apt-get", "-qq", *arguments], environment=self._environment())

    def _apt_get(self, arguments: Sequence[str], note: Note) -> None:
        def listen(line: str) -> None:
            if found := re.match(r"Get:(\d+) \S+ \S+ \S+ (\S+)", line):
                note(f"downloading {found.group(2)} ({found.group(1)})")

        run_logged(["apt-get", "-q", *arguments], self._log, environment=self._environment(), on_line=listen)


def _debian_architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def content_key(packages: Sequence[Package]) -> str:
    """A short name of a set of packages: their names, versions and architectures."""
    text = "\n".join(f"{p.name} {p.version} {p.architecture}" for p in sorted(packages))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_codename(release: Path) -> str:
    """The distribution's codename out of an os-release file.

    Raises:
        PackagesUnavailable: The file names none.
    """
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    found = re.search(r'^VERSION_CODENAME="?([a-z]+)"?$', text, re.MULTILINE)
    if found is None:
        name = re.search(r'^PRETTY_NAME="?([^"\n]+)"?$', text, re.MULTILINE)
        raise _not_debian(name.group(1) if name else "no os-release file")
    return found.group(1)


def require_debian_tools(path: str | None = None) -> None:
    """Check that apt and dpkg are there.

    Raises:
        PackagesUnavailable: This is not a Debian system.
    """
    missing = [name for name in ("apt-get", "apt-config", "dpkg-deb") if not shutil.which(name, path=path)]
    if missing:
        raise _not_debian(f"no {', '.join(missing)} on PATH")


def _not_debian(seen: str) -> PackagesUnavailable:
    return PackagesUnavailable(
        Problem(
            what="This is not a Debian system",
            seen=seen,
            why="What has no official release to verify is taken from Debian's packages by apt and dpkg.",
            fix="Install Docker yourself and use `images: pull`, or use Debian 12 or a release after it.",
        )
    )


def _unavailable(doing: str, said: str, log: Path) -> PackagesUnavailable:
    errors = "\n".join(line for line in said.splitlines() if line.startswith(("E:", "Err:", "W:", "  ")))
    return PackagesUnavailable(
        Problem(
            what=f"apt could not {doing}",
            why=last_lines(errors or said, 6),
            fix=f"Check the network and the sources in /etc/apt, then run the command again. Log: {log}",
        )
    )
