"""Every file in bad/ is refused with exactly the message beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import ErrorDetails

from components.errors import Problem
from components.settings import aws_text, container_text, text
from components.settings import parse as parsing
from components.settings.explain import EXPLANATIONS, explain
from components.settings.form import ERROR_PREFIX, Form
from components.settings.load import SettingsError, load_stack_file
from components.settings.namespaces import normal_key
from components.settings.rules import RULES, building
from components.settings.stack_file import read_stack_file

BAD = Path(__file__).parent / "bad"
NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _in_the_folder_of_bad_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the file as it was given: without a folder, they are the same on every machine."""
    monkeypatch.chdir(BAD)


def _refusal(name: str) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        load_stack_file(Path(f"{name}.yaml"))
    return refused.value


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_stack_file_is_answered_with_its_exact_message(name: str) -> None:
    assert str(_refusal(name)) + "\n" == Path(f"{name}.txt").read_text()


def test_at_least_sixty_bad_stack_files_are_kept() -> None:
    assert len(NAMES) >= 60


def test_at_least_sixty_bad_stack_files_are_of_eks() -> None:
    of_eks = [name for name in NAMES if b"provider: eks" in Path(f"{name}.yaml").read_bytes()]

    assert len(of_eks) >= 60


def test_every_bad_stack_file_has_a_message_and_every_message_its_file() -> None:
    assert sorted(path.stem for path in BAD.glob("*.txt")) == NAMES


def test_the_name_of_every_bad_stack_file_tells_its_story() -> None:
    assert [name for name in NAMES if len(name.split("-")) < 4] == []


def test_every_problem_says_what_to_do() -> None:
    problems = (problem for name in NAMES for problem in _refusal(name).problems)

    assert [str(problem) for problem in problems if not problem.fix] == []


def test_no_password_of_a_bad_stack_file_is_repeated_in_its_message() -> None:
    with_password = [name for name in NAMES if b"hunter2" in Path(f"{name}.yaml").read_bytes()]

    assert len(with_password) >= 4
    assert [name for name in with_password if "hunter2" in str(_refusal(name))] == []


def _parsed(name: str) -> parsing.Parsed | None:
    try:
        config = read_stack_file(Path(f"{name}.yaml")).config
    except SettingsError:
        return None
    named = {normal_key(key).partition(":")[2]: value for key, value in config.items()}
    return parsing.parse(named)


def test_every_rule_refuses_some_bad_stack_file() -> None:
    parts = list(filter(None, map(_parsed, NAMES)))
    rules = [*RULES, *building.RULES]

    idle = [rule.__name__ for rule in rules if not any(list(rule(stack)) for stack in parts)]

    assert idle == []


def test_every_kind_of_wrong_value_is_in_some_bad_stack_file(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()

    def watched(error: ErrorDetails, *rest: Any) -> Problem | None:
        seen.add(error["type"])
        return explain(error, *rest)

    monkeypatch.setattr(parsing, "explain", watched)
    for name in NAMES:
        _parsed(name)

    forms = {
        f"{ERROR_PREFIX}{form.name}" for form in _forms(vars(text) | vars(aws_text) | vars(container_text))
    }
    in_parsing = {f"{ERROR_PREFIX}service-name"}
    assert (set(EXPLANATIONS) | forms) - seen == in_parsing
    assert seen - set(EXPLANATIONS) - forms == set()


def _forms(names: Mapping[str, object]) -> list[Form]:
    metadata = (getattr(value, "__metadata__", ()) for value in names.values())
    return [part for parts in metadata for part in parts if isinstance(part, Form)]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (
            "rules-and-forms-are-told-together-in-the-order-of-the-file",
            [
                "services.a.storageUri",
                "services.a.gpu",
                "services.a.target",
                "services.a.target",
                "services.a.containerConcurrency",
                "services.b.maxReplicas",
                "services.c.minReplicas",
                "storage.size",
                "platform.ingressClass",
                "cluster.ports.apiServer",
                "cluster.portMappings[0].hostPort",
            ],
        ),
        (
            "a-broken-section-hides-nothing-in-the-others",
            [
                "cluster",
                "platform.runtimes",
                "storage",
                "services.good.target",
                "services.3bad",
                "services.3bad",
            ],
        ),
    ],
)
def test_all_problems_of_a_file_are_told_at_once_in_its_order(name: str, keys: list[str]) -> None:
    assert [problem.key for problem in _refusal(name).problems] == [f"kserve-platform:{key}" for key in keys]


def test_a_missing_stack_file_is_answered_with_the_stacks_that_are_there(tmp_path: Path) -> None:
    for stack in ("local", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()

    with pytest.raises(SettingsError) as refused:
        load_stack_file(tmp_path / "Pulumi.test.yaml")

    assert str(refused.value) == (
        f"{tmp_path}/Pulumi.test.yaml: there is no such stack file\n"
        "  why:  the stacks here are: local, prod\n"
        "  do:   name one of them, or copy one to begin with"
    )


def test_a_missing_stack_file_in_an_empty_folder_is_to_be_created(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_stack_file(tmp_path / "Pulumi.test.yaml")

    assert str(refused.value) == (
        f"{tmp_path}/Pulumi.test.yaml: there is no such stack file\n  do:   create it"
    )


def test_a_folder_in_the_place_of_a_stack_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_stack_file(tmp_path)

    assert str(refused.value) == (
        f"{tmp_path}: cannot be read\n  why:  Is a directory\n  do:   check its path and permissions"
    )


def test_brackets_without_end_are_refused_as_nested_too_deeply(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.deep.yaml"
    file.write_text("config: " + "[" * 5000)

    with pytest.raises(SettingsError) as refused:
        load_stack_file(file)

    assert str(refused.value) == f"{file}: is nested too deeply\n  why:  no setting is\n  do:   flatten it"
