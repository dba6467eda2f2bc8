"""Full configuration keys: how a place in the stack file is written, and the order of the file.

`kserve-platform:cluster.nodes[1].role` is what `pulumi config set --path` takes as well, so that a person can
paste the key of a problem into the command that repairs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from components.errors import Problem

PROJECT = "kserve-platform"

Path = tuple[str | int, ...]


def key_of(path: Path) -> str:
    """Write a path (section name first) as a full configuration key."""
    section, *rest = path
    return f"{PROJECT}:{section}" + "".join(map(_step, rest))


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[\w-]+", part) else f'["{part}"]'


def in_file_order(problems: Sequence[Problem], config: Mapping[str, object]) -> tuple[Problem, ...]:
    """Sort problems as a reader of the file meets them; a missing key stands where its parent does."""
    position = {key: index for index, key in enumerate(_keys(config))}

    def place(problem: Problem) -> int:
        key = problem.key
        while key and key not in position:
            key = re.sub(r"(\.[^.\[\]]*|\[[^\[\]]*\]|[^.\[\]]*)$", "", key)
        return position.get(key, len(position))

    return tuple(sorted(problems, key=place))


def _keys(config: Mapping[str, object]) -> list[str]:
    written: list[str] = []

    def visit(value: object, key: str) -> None:
        written.append(key)
        if isinstance(value, Mapping):
            for name, inner in value.items():
                visit(inner, key + _step(str(name)))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                visit(inner, key + _step(index))

    for name, value in config.items():
        visit(value, name)
    return written
