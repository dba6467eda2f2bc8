"""Paths into property values, as the engine writes them: `spec.containers[0].env["a.b"]`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

Step = str | int
Path = tuple[Step, ...]
ANY: Final = "*"
"""A step that stands for every index or key."""


def show(path: Path) -> str:
    """Write a path; a key with a dot, a bracket or a quote in it is quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not step or any(character in step for character in '.[]"'):
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
        else:
            text += f".{step}" if text else step
    return text


def parse(text: str) -> Path:
    """Read a path.

    Raises:
        ValueError: A bracket or a quote is not closed.
    """
    return tuple(_steps(text))


def _steps(text: str) -> Iterator[Step]:
    position = 0
    while position < len(text):
        if text[position] == ".":
            position += 1
        elif text.startswith('["', position):
            step, end = json.JSONDecoder().raw_decode(text, position + 1)
            yield step
            position = text.index("]", end) + 1
        elif text[position] == "[":
            end = text.index("]", position)
            inner = text[position + 1 : end]
            yield ANY if inner == "*" else int(inner)
            position = end + 1
        else:
            ends = [at for at in (text.find(mark, position) for mark in ".[") if at >= 0]
            end = min(ends, default=len(text))
            yield text[position:end]
            position = end


def covers(pattern: Path, path: Path) -> bool:
    """Whether `path` is the place that `pattern` names, or lies below it."""
    return len(pattern) <= len(path) and all(map(_fits, pattern, path))


def _fits(wanted: Step, step: Step) -> bool:
    return wanted in (ANY, step)
