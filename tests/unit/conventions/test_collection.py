"""Every test is run by `make test`."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import FIRST, TOGETHER

_TESTS = Path(__file__).parents[2]


def test_pytest_passes_over_no_folder_of_tests(request: pytest.FixtureRequest) -> None:
    patterns = request.config.getini("norecursedirs")
    folders = {path.parent for path in _TESTS.rglob("test_*.py")}
    within = {part for folder in folders for part in folder.relative_to(_TESTS).parts}
    assert [name for name in sorted(within) if any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_heavy_tests_lie_only_where_make_test_looks_for_them() -> None:
    makefile = (_TESTS.parent / "Makefile").read_text(encoding="utf-8")
    marks = re.search(r"^HEAVY = (.+)$", makefile, re.MULTILINE)
    folders = re.search(r"^HEAVY_FOLDERS = \$\(addprefix tests/,(.+)\)$", makefile, re.MULTILINE)
    assert marks is not None
    assert folders is not None
    marked = re.compile(rf"pytest\.mark\.({'|'.join(marks[1].split(' or '))})\b")
    files = [path for path in _TESTS.rglob("*.py") if marked.search(path.read_text(encoding="utf-8"))]
    assert {path.relative_to(_TESTS).parts[0] for path in files} == set(folders[1].split())


def test_every_place_that_the_order_of_tests_names_has_tests() -> None:
    files = [str(path.relative_to(_TESTS.parent)) for path in _TESTS.rglob("test_*.py")]
    assert [begin for begin in FIRST if not any(file.startswith(begin) for file in files)] == []
    assert [folder for folder in TOGETHER if not any(file.startswith(f"{folder}/") for file in files)] == []
