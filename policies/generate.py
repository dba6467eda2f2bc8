"""What is written out of the rules: each environment's configuration, and the table of the README.

`python -m policies.generate` writes them; a test holds that they are what the rules say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.facts.environments import Environment
from policies.registry import ALL_RULES
from policies.rule import Level, Rule

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"
_BEGIN, _END = "<!-- rules: python -m policies.generate -->", "<!-- end of rules -->"


def configuration(environment: Environment) -> str:
    """The text of `config/<environment>.json`, for `pulumi --policy-pack-config`."""
    rows = {rule.id: _row(rule, environment) for rule in ALL_RULES}
    return json.dumps(rows, indent=2) + "\n"


def _row(rule: Rule, environment: Environment) -> dict[str, Any]:
    level = rule.levels.at(environment)
    return {"enforcementLevel": "disabled" if level is Level.OFF else level.value, **rule.options}


def table() -> str:
    """The rules as a table."""
    head = ["| Rule | What has to be so | Severity | dev | staging | prod | Options |", "|" + "---|" * 7]
    return "\n".join([*head, *(_line(rule) for rule in ALL_RULES)])


def _line(rule: Rule) -> str:
    levels = " | ".join(rule.levels.at(environment).value for environment in Environment)
    options = ", ".join(f"`{name}`" for name in rule.options)
    return f"| `{rule.id}` | {rule.title} | {rule.severity.value} | {levels} | {options} |"


def readme(written: str) -> str:
    """The README with the table of now between its marks."""
    before, _, rest = written.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n\n{table()}\n\n{_END}{after}"


def files() -> dict[Path, str]:
    """Every generated file with what should be in it."""
    configs = {FOLDER / "config" / f"{one.value}.json": configuration(one) for one in Environment}
    return {**configs, README: readme(README.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
