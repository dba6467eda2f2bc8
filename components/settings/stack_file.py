"""Reading `Pulumi.<stack>.yaml` as the engine reads it, with problems that name line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from components.errors import Problem
from components.settings.places import nearest
from components.settings.problems import SettingsError
from components.settings.seen import seen
from components.settings.yaml_reader import EngineLoader

# What the engine itself keeps in a stack file, beside the configuration.
ENGINE_KEYS = ("config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment")


@dataclass
class StackFile:
    """A stack file that could be read.

    Attributes:
        config: Its configuration values by key, as written.
        problems: What is wrong with the file around them.
    """

    config: dict[str, object]
    problems: list[Problem] = field(default_factory=list)


def read_stack_file(path: Path) -> StackFile:
    """Read a stack file.

    Raises:
        SettingsError: It is missing, not text, not YAML, or without a mapping: nothing in it can be judged.
    """
    content, duplicates = _parse(path, _text(path))
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise SettingsError(
            Problem(
                what="is not a mapping",
                why="a stack file has the key `config:` with settings below it",
                fix="begin with `config:`",
                key=str(path),
                seen=seen(content),
            )
        )
    problems = [*duplicates, *_unknown_keys(path, content)]
    config = content.get("config")
    if config is not None and not isinstance(config, dict):
        problem = Problem(
            what="`config` is not a mapping",
            why="the settings stand below it, each by its key",
            fix="write `kserve-platform:cluster:` and what follows below it, indented",
            key=str(path),
            seen=seen(config),
        )
        raise SettingsError(*problems, problem)
    return StackFile({str(key): value for key, value in (config or {}).items()}, problems)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        others = sorted(found.name for found in path.parent.glob("Pulumi.*.yaml"))
        raise SettingsError(
            Problem(
                what="there is no such stack file",
                why=f"the stacks here are: {', '.join(name[7:-5] for name in others)}" if others else "",
                fix="name one of them, or copy one to begin with" if others else "create it",
                key=str(path),
            )
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            Problem(
                what="is not UTF-8 text",
                why=f"byte {error.start} cannot be read",
                fix="save it as UTF-8",
                key=str(path),
            )
        ) from error
    except OSError as error:
        raise SettingsError(
            Problem(
                what="cannot be read",
                why=error.strerror or type(error).__name__,
                fix="check its path and permissions",
                key=str(path),
            )
        ) from error


def _parse(path: Path, text: str) -> tuple[object, list[Problem]]:
    try:
        loader = EngineLoader(text)
        try:
            content = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise SettingsError(_yaml_problem(path, error)) from error
    except RecursionError as error:
        raise SettingsError(
            Problem(what="is nested too deeply", why="no setting is", fix="flatten it", key=str(path))
        ) from error
    return content, _duplicates(path, loader)


def _yaml_problem(path: Path, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    said = (getattr(error, name, None) for name in ("context", "problem", "reason"))
    why = " ".join(filter(None, said))
    return Problem(
        what="is not YAML",
        why=" ".join(why.split()),
        fix="look at that line and the one before: indent with blanks, close brackets and quotes",
        key=f"{path}{where}",
    )


def _duplicates(path: Path, loader: EngineLoader) -> list[Problem]:
    return [
        Problem(
            what=f"has the key `{key}` twice",
            why=f"one of the two would be lost; the first is in line {first}",
            fix="merge them or remove one",
            key=f"{path}:{line}",
        )
        for key, first, line in loader.duplicates
    ]


def _unknown_keys(path: Path, content: dict[Any, Any]) -> list[Problem]:
    problems = []
    for key in content:
        if key in ENGINE_KEYS:
            continue
        near = nearest(str(key), ENGINE_KEYS)
        is_setting = ":" in str(key)
        fix = "move it below `config:`" if is_setting else f"write `{near}`" if near else "remove it"
        problems.append(
            Problem(
                what=f"has the unknown key `{key}`",
                why=f"a stack file has: {', '.join(ENGINE_KEYS)}",
                fix=fix,
                key=str(path),
            )
        )
    return problems
