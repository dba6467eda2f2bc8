"""What apt reads and says, as pure functions: the sources, a private configuration, its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote


@dataclass(frozen=True)
class Source:
    """A Debian archive that the machine is set to use.

    Attributes:
        uris: Base addresses.
        suites: The distribution's own suites of it.
        components: "main" and so on.
        signed_by: Keyring files, or the key itself, as in a deb822 source; empty for apt's trusted keys.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def stanza(self) -> str:
        """The source in deb822 form. `Trusted: yes` is never written: signatures are always checked."""
        rows = {
            "Types": "deb",
            "URIs": " ".join(self.uris),
            "Suites": " ".join(self.suites),
            "Components": " ".join(self.components),
            "Signed-By": self.signed_by,
        }
        return "".join(f"{key}: {value}\n" for key, value in rows.items() if value)


def own_sources(files: Mapping[str, str], codename: str) -> list[Source]:
    """The sources of the distribution itself: other vendors' repositories are not asked.

    Args:
        files: Name -> text of the machine's `sources.list`, `*.list` and `*.sources`.
        codename: The distribution's (`bookworm`); its updates and security suites count too.
    """
    suites = {codename, f"{codename}-updates", f"{codename}-security"}
    found: list[Source] = []
    for name, text in sorted(files.items()):
        sources = _deb822(text) if name.endswith(".sources") else _one_line(text)
        for source in sources:
            kept = tuple(suite for suite in source.suites if suite.rstrip("/") in suites)
            if kept:
                found.append(Source(source.uris, kept, source.components, source.signed_by))
    return list(dict.fromkeys(found))


def _deb822(text: str) -> Iterable[Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        last = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in {" ", "\t"} and last:
                fields[last] += f"\n{line}"
            elif ":" in line:
                last, _, value = line.partition(":")
                last = last.strip().lower()
                fields[last] = value.strip()
        enabled = fields.get("enabled", "yes").lower() not in {"no", "false", "0"}
        if enabled and "deb" in fields.get("types", "").split():
            yield Source(
                tuple(fields.get("uris", "").split()),
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )


def _one_line(text: str) -> Iterable[Source]:
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if found:
            options = dict(option.partition("=")[::2] for option in (found.group(1) or "").split())
            yield Source(
                (found.group(2),),
                (found.group(3),),
                tuple(found.group(4).split()),
                options.get("signed-by", "").replace(",", " "),
            )


def private_configuration(folder: Path, machine: str) -> str:
    """Text of an apt.conf under which apt touches nothing outside a folder.

    Args:
        folder: Holds lists, archives, sources and an empty package status.
        machine: What `apt-config dump` prints: its proxies and certificates are kept, its hooks are not (they
            tell the machine's package manager what we do, or empty its caches).
    """
    kept = [
        line
        for line in machine.splitlines()
        if re.match(
            r'Acquire::(https?::|Retries |Check-Valid-Until |Check-Date |Proxy-Auto-Detect )[^"]*"', line
        )
    ]
    own = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Cache::archives": folder / "archives",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": folder / "no-parts",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": folder / "no-parts",
        "APT::Sandbox::User": "root",  # the folder may lie where the user _apt cannot go
        "APT::Install-Recommends": "false",
        "APT::Install-Suggests": "false",
        "Acquire::Retries": "3",
        "Acquire::Languages": "none",
    }
    return "\n".join([*kept, *(f'{key} "{value}";' for key, value in own.items()), ""])


@dataclass(frozen=True, order=True)
class Package:
    """A binary package at one version.

    Attributes:
        name: Its name.
        version: Its version.
        architecture: "amd64", "all".
        file: Its file's name in the archive folder.
        size: Bytes of that file.
    """

    name: str
    version: str
    architecture: str
    file: str
    size: int


def parse_uris(text: str) -> tuple[Package, ...]:
    """Read what `apt-get install --print-uris` prints: one package a line, sorted here by name."""
    packages = []
    for found in re.finditer(r"^'[^']+' (\S+)_(\S+)_(\S+)\.deb (\d+)", text, re.MULTILINE):
        name, version, architecture, size = found.groups()
        file = f"{name}_{version}_{architecture}.deb"
        packages.append(Package(name, unquote(version), architecture, file, int(size)))
    return tuple(sorted(packages))


def unknown_packages(text: str) -> Sequence[str]:
    """Names that apt says it does not know."""
    names = re.findall(
        r"Unable to locate package (\S+)|Package '?([^' ]+)'? has no installation candidate", text
    )
    return [first or second for first, second in names]
