"""The page about the stand-in says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from providers.kubernetes import schema, settings
from providers.kubernetes.operations.check import REFUSED
from providers.kubernetes.pulumi_annotations import KNOWN
from providers.kubernetes.waiting.rules import RULES
from tests.unit.kubernetes_provider import (
    test_recorded_checks_and_diffs,
    test_recorded_crud,
    test_recorded_errors,
)

_PAGE = (Path(schema.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
_TABLES = {
    "": test_recorded_checks_and_diffs.DIFFERENCES,
    "crud/": test_recorded_crud.DIFFERENCES,
    "errors/": test_recorded_errors.DIFFERENCES,
}


def _section(title: str) -> str:
    return _PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_it_lists_the_justified_differences_with_their_reasons_and_no_others() -> None:
    rows = [
        line.strip("| ").split(" | ") for line in _section("Where it answers otherwise, and why").split("\n")
    ]
    told = {name: row[1] for row in rows if len(row) == 2 for name in re.findall(r"`([^`]+)`", row[0])}

    assert told == {
        f"{prefix}{name}": re.sub(r" \([RS]\d+\)", "", reason)
        for prefix, table in _TABLES.items()
        for name, reason in table.items()
    }


@pytest.mark.parametrize("token", sorted(REFUSED))
def test_it_names_every_type_that_is_refused(token: str) -> None:
    assert f"`{token}`" in _section("What is refused, by name and in preview")


@pytest.mark.parametrize("setting", sorted(settings.UNDERSTOOD - {"strictMode", "rejectUnknownResources"}))
def test_it_names_every_setting(setting: str) -> None:
    in_python = re.sub(r"(?=[A-Z])", "_", setting).lower()

    assert f"`{setting}" in _PAGE or f"`{in_python}`" in _PAGE


@pytest.mark.parametrize("annotation", sorted(set(KNOWN) - {"pulumi.com/autonamed"}))
def test_it_names_every_annotation(annotation: str) -> None:
    assert f"`{annotation}`" in _PAGE or f"`{annotation.removeprefix('pulumi.com/')}`" in _PAGE


@pytest.mark.parametrize("kind", sorted(kind for _, kind in RULES))
def test_it_names_every_kind_that_is_waited_for(kind: str) -> None:
    waits = next(line for line in _PAGE.splitlines() if line.startswith("| Waits |"))

    assert kind in waits
