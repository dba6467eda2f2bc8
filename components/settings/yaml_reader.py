"""YAML as the engine's reader understands it, not as PyYAML does.

PyYAML speaks YAML 1.1: `no` is false, `1:30` is ninety. The engine is written in Go, whose yaml.v3 reads both
as text (gopkg.in/yaml.v3, resolve.go). Were they read differently here, a command would accept or refuse
another configuration than the one that the program then gets.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from components.settings.plain import WrittenDate, WrittenFloat, key_text

_INTEGER = r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9][0-9_]*)?"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(\s*(Z|[-+]\d{1,2}(:?\d{2})?))?)?"
_RESOLVERS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("timestamp", _DATE, "0123456789"),
    ("int", _INTEGER, "-+0123456789"),
    ("float", rf"{_FLOAT}|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
    ("merge", r"<<", "<"),
)


class EngineLoader(yaml.SafeLoader):
    """Loads one document; remembers keys that are written twice instead of losing the first.

    Attributes:
        duplicates: Key, line of its first and line of its second mention, for each key that is there twice.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's way to configure a loader

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[str, int, int]] = []

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge `<<`, after looking for duplicates: merged keys may repeat a mapping's own."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge"):
                if key.value in lines:
                    self.duplicates.append((key.value, lines[key.value], key.start_mark.line + 1))
                lines.setdefault(key.value, key.start_mark.line + 1)
        super().flatten_mapping(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping whose keys are text, before Python takes `1` and `true` for one key."""
        self.flatten_mapping(node)
        return {
            key_text(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | str:
    written: str = loader.construct_scalar(node)
    text = written.replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
    try:
        return int(octal[1] + octal[2], 8) if octal else int(text, 0)
    except ValueError:
        # `0x_` has no digit; thousands of digits are more than Python reads.
        return written


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> WrittenFloat:
    text = loader.construct_scalar(node)
    return WrittenFloat(
        text, float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    )


def _date(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> WrittenDate:
    return WrittenDate(loader.construct_scalar(node))


for _tag, _pattern, _first in _RESOLVERS:
    EngineLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )
EngineLoader.add_constructor("tag:yaml.org,2002:int", _integer)
EngineLoader.add_constructor("tag:yaml.org,2002:float", _float)
EngineLoader.add_constructor("tag:yaml.org,2002:timestamp", _date)
