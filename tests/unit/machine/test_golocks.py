"""Which modules stand for the folders that a go.mod names."""

from __future__ import annotations

import json

from components.catalog.modules import GoModule
from machine.golocks import LocalReplace, local_replaces, publish

OLD = GoModule("example.com/sdk", "v1.0.0", "h1:old=", "h1:oldmod=")
NEW = GoModule("example.com/sdk", "v2.0.0", "h1:new=", "h1:newmod=")


def test_only_replacements_by_a_folder_are_found() -> None:
    manifest = json.dumps(
        {
            "Require": [{"Path": "example.com/a", "Version": "v3.6.5"}],
            "Replace": [
                {"Old": {"Path": "example.com/a"}, "New": {"Path": "../a"}},
                {"Old": {"Path": "example.com/b"}, "New": {"Path": "./staging/b"}},
                {"Old": {"Path": "example.com/c"}, "New": {"Path": "example.com/fork", "Version": "v1.0.0"}},
            ],
        }
    )
    assert local_replaces(manifest) == (
        LocalReplace("example.com/a", "v3.6.5"),
        LocalReplace("example.com/b", ""),
    )


def test_a_manifest_without_replacements_has_none() -> None:
    assert local_replaces(json.dumps({"Require": None, "Replace": None})) == ()


def test_the_pin_of_the_required_version_is_taken() -> None:
    edits, sums = publish([LocalReplace("example.com/sdk", "v2.0.0")], [OLD, NEW])
    assert edits == ["-dropreplace=example.com/sdk", "-replace=example.com/sdk=example.com/sdk@v2.0.0"]
    assert sums == NEW.sum_lines


def test_the_only_pin_stands_for_a_version_that_does_not_exist() -> None:
    edits, sums = publish([LocalReplace("example.com/sdk", "v0.0.0")], [OLD])
    assert edits[1] == "-replace=example.com/sdk=example.com/sdk@v1.0.0"
    assert sums == OLD.sum_lines


def test_without_a_pin_the_required_version_holds() -> None:
    assert publish([LocalReplace("example.com/api", "v3.6.5")], [OLD]) == (
        ["-dropreplace=example.com/api"],
        "",
    )


def test_two_pins_are_not_guessed_between() -> None:
    assert publish([LocalReplace("example.com/sdk", "v0.0.0")], [OLD, NEW]) == (
        ["-dropreplace=example.com/sdk"],
        "",
    )
