"""The schema that editors use says what the models say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from components.settings.schema import DEFAULT_PATH, main, stack_file_schema
from components.settings.yaml_reader import EngineLoader

HERE = Path(__file__).parent
STACKS = DEFAULT_PATH.parent
VALIDATOR = jsonschema.Draft7Validator(stack_file_schema())

# These are good although the schema frowns on them: an editor should lead to the one plain spelling.
FROWNED_ON = {"keys-may-lack-the-project", "a-section-may-be-json-text"}


def _read(path: Path) -> Any:
    return EngineLoader(path.read_text()).get_single_data()


def test_the_schema_in_the_repository_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


def test_an_old_schema_is_told_with_the_command_that_renews_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text("{}")

    assert main(["--check", "--path", str(schema)]) == 1
    assert capsys.readouterr().err == (
        f"{schema}: is not up to date\n  do:   python -m components.settings.schema --write\n"
    )


def test_writing_makes_the_check_pass_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"

    assert main(["--write", "--path", str(schema)]) == 0
    assert main(["--check", "--path", str(schema)]) == 0
    assert list(tmp_path.iterdir()) == [schema]


def test_the_schema_is_one_that_editors_understand() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(DEFAULT_PATH.read_text()))

    assert stack_file_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("path", sorted(STACKS.glob("Pulumi.*.yaml")), ids=lambda path: path.stem)
def test_a_real_stack_file_names_the_schema_and_fits_it(path: Path) -> None:
    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")
    assert [error.message for error in VALIDATOR.iter_errors(_read(path))] == []


@pytest.mark.parametrize("path", sorted((HERE / "good").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_good_stack_file_fits_the_schema(path: Path) -> None:
    fits = [error.message for error in VALIDATOR.iter_errors(_read(path))] == []

    assert fits == (path.stem not in FROWNED_ON)


@pytest.mark.parametrize(
    "name",
    [
        "a-key-of-the-cluster-is-misspelt",
        "a-kind-cluster-has-a-region",
        "a-node-has-an-old-role",
        "a-port-is-out-of-range",
        "a-port-is-text",
        "a-section-is-misspelt",
        "a-service-begins-with-a-digit",
        "a-version-has-two-parts-only",
        "a-version-is-a-number",
        "an-existing-cluster-has-no-context",
        "memory-is-measured-in-mb",
        "the-mode-has-its-old-name",
        "the-provider-is-missing",
    ],
)
def test_an_editor_sees_mistakes_of_form_while_they_are_typed(name: str) -> None:
    assert list(VALIDATOR.iter_errors(_read(HERE / "bad" / f"{name}.yaml"))) != []


def test_every_key_is_described_for_editors() -> None:
    definitions = stack_file_schema()["definitions"]

    bare = [
        f"{name}.{key}"
        for name, definition in definitions.items()
        for key, field in definition["properties"].items()
        if not field.get("description")
    ]

    assert bare == []
