"""What the go command's last words mean to a person: its failures, sorted and told with what to do."""

from __future__ import annotations

import json
import re

from components.errors import PlatformError, Problem


class ModuleSumMismatch(PlatformError):
    """What came from the registry is not what was pinned.

    Attributes:
        module: Path and version, as in `path@version`.
        pinned: The h1 sum that we, or the module that wants this one, have written down.
        came: The h1 sum of what was downloaded; empty where the go command does not tell.
    """

    def __init__(self, module: str, pinned: str, came: str, *, where: str = "") -> None:
        self.module, self.pinned, self.came = module, pinned, came
        super().__init__(
            Problem(
                what=f"Go module {module} is not the pinned one",
                key=where,
                seen=came or "another sum",
                why=f"Pinned is {pinned}; what differs was altered on its way, or republished.",
                fix="Look for a proxy or mirror that serves something else. Never copy the new sum unread.",
            )
        )


class RegistryUnreachable(PlatformError):
    """No answer came from the module registry; the same call may succeed later."""


class RegistryRefused(PlatformError):
    """The module registry answered that it does not serve this module; asking again is of no use."""


class DiskFull(PlatformError):
    """The file system of the cache has no room left."""


_DISK = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_MISMATCH = re.compile(r"SECURITY ERROR|checksum mismatch")
_SUMS = re.compile(r"downloaded:\s+(h1:\S+).*?(?:go\.sum|sum\.\S+|Pinned):\s+(h1:\S+)", re.DOTALL)
_REFUSED = re.compile(
    r"\b(40[0-9]|41[0-9]|451)\b [A-Z][A-Za-z ]+|unrecognized import path|invalid version: unknown revision"
    r"|module lookup disabled|not found: |/@v/\S+: no such file or directory",
)
_UNREACHABLE = re.compile(
    r"dial tcp|connection (refused|reset)|no such host|i/o timeout|TLS handshake timeout|unexpected EOF"
    r"|network is unreachable|no route to host|\b(429|50[0-9])\b [A-Z][A-Za-z ]+|context deadline exceeded"
    r"|proxyconnect|server misbehaving|Could not resolve host|unable to access",
)


def explain(doing: str, said: str, log: str) -> PlatformError:
    """Turn the go command's last lines into the error that fits.

    Args:
        doing: What was done, for the message ("download sigs.k8s.io/kind@v0.30.0").
        said: The last lines that it printed.
        log: Where the rest is to be read; empty where nowhere.
    """
    said = _plain(said)
    read = f"Read the whole output in {log}." if log else ""
    if _DISK.search(said):
        return DiskFull(
            Problem(
                what=f"The disk is full: could not {doing}",
                why=_line(_DISK, said),
                fix="Make room (`make clean-cache` helps), then run the command again: it goes on.",
            )
        )
    if _MISMATCH.search(said):
        sums = _SUMS.search(said)
        module = re.search(r"verifying (\S+?)(?:/go\.mod)?:", said)
        came, pinned = (sums.group(1), sums.group(2)) if sums else ("", "another sum")
        return ModuleSumMismatch(module.group(1) if module else doing, pinned, came)
    if _UNREACHABLE.search(said):
        return RegistryUnreachable(
            Problem(
                what=f"The Go module registry cannot be reached: could not {doing}",
                why=_line(_UNREACHABLE, said),
                fix="Check the network and `go env GOPROXY`, then run the command again: it goes on.",
            )
        )
    if _REFUSED.search(said):
        return RegistryRefused(
            Problem(
                what=f"The Go module registry refused: could not {doing}",
                why=_line(_REFUSED, said),
                fix="Check that the proxy of `go env GOPROXY` serves this module and version.",
            )
        )
    return PlatformError.single(f"could not {doing}", why=said.strip(), fix=read)


def _line(pattern: re.Pattern[str], text: str) -> str:
    """The first line in which a pattern is found."""
    return next((line.strip() for line in text.splitlines() if pattern.search(line)), text.strip())


def _plain(said: str) -> str:
    """What was said, or the error in it where it is the JSON of `go mod download -json`."""
    field = re.search(r'^\s*"Error": ("(?:[^"\\]|\\.)*")', said, re.MULTILINE)
    return str(json.loads(field.group(1))) if field else said
