"""Every test is run by `make test`."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[2]


def test_pytest_passes_over_no_folder_of_tests(request: pytest.FixtureRequest) -> None:
    patterns = request.config.getini("norecursedirs")
    folders = {path.parent for path in _TESTS.rglob("test_*.py")}
    within = {part for folder in folders for part in folder.relative_to(_TESTS).parts}
    assert [name for name in sorted(within) if any(fnmatch(name, pattern) for pattern in patterns)] == []
