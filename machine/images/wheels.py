"""Python wheels as layers: fetched by their hashes, their files taken as they lie in the archive."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache
from machine.images import tree
from machine.images.tree import Entry
from machine.pip import pip_command
from machine.process import CommandFailed, run


def fetch_wheels(cache: Cache, lock: str) -> Sequence[Path]:
    """The wheels that a lock names, fetched once.

    Args:
        cache: They are kept in images/wheels/<hash of the lock>.
        lock: A requirements file: every line `name==version --hash=sha256:...`, dependencies included.

    Raises:
        PlatformError: One cannot be had, or has another hash.
    """

    def download(aside: Path) -> None:
        aside.mkdir()
        requirements = aside / "requirements.txt"
        requirements.write_text(lock, encoding="utf-8")
        # Wheels for the Python in the images (Debian 12's), whichever Python runs this.
        target = ("--only-binary=:all:", "--python-version=3.11", "--implementation=cp")
        command = [*pip_command(), "download", "--quiet", "--no-deps", "--require-hashes"]
        run([*command, *target, "--requirement", requirements, "--dest", aside])
        requirements.unlink()

    key = hashlib.sha256(lock.encode()).hexdigest()[:16]
    try:
        folder = cache.produce(("images", "wheels", key), download)
    except CommandFailed as failure:
        raise PlatformError.single(
            "Python packages for an image could not be fetched",
            why=failure.tail,
            fix="Check the network and pip's settings (pip config list), then run the command again.",
        ) from None
    return sorted(folder.glob("*.whl"))


def wheel_files(wheel: Path, at: str, keep: Callable[[str], bool] = lambda path: True) -> Iterator[Entry]:
    """The files of a wheel below a folder of packages, as an installer would put them.

    Args:
        wheel: The archive.
        at: Folder of packages in the image.
        keep: Says by a path inside the wheel whether it is wanted.
    """
    with zipfile.ZipFile(wheel) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            path = _installed(info.filename)
            if info.is_dir() or not path or not keep(path):
                continue
            mode = 0o755 if (info.external_attr >> 16) & 0o100 else 0o644
            yield tree.file(f"{at}/{path}", archive.read(info), mode=mode)


def versions(found: Sequence[Path], asked: str) -> tuple[str, ...]:
    """Name the packages that were asked for, with their versions, as an image's origin.

    Args:
        found: Wheels, dependencies included.
        asked: Lines `name==version`; others are passed over.
    """
    names = {line.partition("==")[0].replace("-", "_").lower() for line in asked.splitlines() if "==" in line}
    pairs = [wheel.name.split("-")[:2] for wheel in found]
    return tuple(f"pypi/{name}@{version}" for name, version in pairs if name.lower() in names)


def _installed(name: str) -> str:
    """Where a wheel's file goes below the folder of packages; "" for scripts and headers."""
    head, _, rest = name.partition("/")
    if not head.endswith(".data"):
        return name
    kind, _, path = rest.partition("/")
    return path if kind in {"purelib", "platlib"} else ""
