"""The private engine's programs, out of Debian packages unpacked in the cache and never installed."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from machine.cache import remove_tree

PACKAGES = ("docker.io", "iptables")
"""Debian packages to unpack, with what they depend on (containerd, runc, tini, netfilter libraries)."""

_FIREWALL = (
    "iptables",
    "iptables-save",
    "iptables-restore",
    "ip6tables",
    "ip6tables-save",
    "ip6tables-restore",
)
_C_LIBRARY = (
    "ld-linux",
    "libc.so",
    "libm.so",
    "libdl.so",
    "libpthread.so",
    "librt.so",
    "libresolv.so",
    "libnss",
)


@dataclass(frozen=True)
class Software:
    """An unpacked root of those packages.

    Attributes:
        root: Folder that holds usr/sbin/dockerd.
    """

    root: Path

    @classmethod
    def beside(cls, dockerd: Path) -> Software:
        """The root that a `.../usr/sbin/dockerd` belongs to."""
        return cls(dockerd.parents[2])

    @property
    def runc(self) -> Path:
        """The OCI runtime."""
        found = [path for folder in ("usr/sbin", "usr/bin") if (path := self.root / folder / "runc").exists()]
        return found[0]

    def lay_out(self, folder: Path) -> None:
        """Make `bin` and `lib` below a folder: links to what the engine runs and loads.

        Debian picks `iptables` by update-alternatives when it installs; nothing was installed here, so the
        links are ours. The C library is left out of `lib`: the machine's loader takes no other one.
        """
        for name in ("bin", "lib"):
            remove_tree(folder / name)
            (folder / name).mkdir(parents=True)
        for source in ("usr/bin", "usr/sbin"):
            for program in sorted((self.root / source).iterdir()):
                _link(folder / "bin" / program.name, program)
        for name in _FIREWALL:
            _link(folder / "bin" / name, self.root / "usr/sbin/xtables-nft-multi")
        for library in sorted((self.root / "usr/lib").glob("*-linux-gnu/*.so*")) + sorted(
            (self.root / "lib").glob("*-linux-gnu/*.so*")
        ):
            if not library.name.startswith(_C_LIBRARY):
                _link(folder / "lib" / library.name, library)

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables for the daemon: its own programs and libraries first."""
        extensions = sorted((self.root / "usr/lib").glob("*-linux-gnu/xtables"))
        return {
            "PATH": os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": str(folder / "lib"),
            "XTABLES_LIBDIR": os.pathsep.join(map(str, extensions)),
        }


def client_folder(folder: Path) -> Path | None:
    """The engine's `bin` if the machine has no `docker` of its own on PATH; else None."""
    return None if shutil.which("docker") else folder / "bin"


def _link(link: Path, target: Path) -> None:
    if target.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(target.resolve())
