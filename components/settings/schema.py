"""The JSON schema of stack files, for editors: `python -m components.settings.schema --write` or `--check`.

Each stack file names it in its first line, so that an editor completes keys and shows what they mean. It
knows forms and choices; rules across keys are `load`'s.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from components.settings.keys import PROJECT
from components.settings.model import Settings
from components.settings.namespaces import LEFT_ALONE
from components.settings.parse import SECTIONS
from components.settings.stack_file import ENGINE_KEYS

DEFAULT_PATH = Path(__file__).parents[2] / "stacks" / "schema.json"


def stack_file_schema() -> dict[str, Any]:
    """The schema of a whole stack file, as plain JSON values."""
    settings = _readable(Settings.model_json_schema(by_alias=True))
    definitions = settings.pop("$defs")
    for definition in definitions.values():
        definition.pop("title", None)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Stack file of {PROJECT}",
        "description": "Generated from components/settings; do not edit.",
        "type": "object",
        "additionalProperties": False,
        "required": ["config"],
        "properties": {
            **{key: {"description": "Kept by the engine."} for key in ENGINE_KEYS},
            "config": {
                "type": "object",
                "additionalProperties": False,
                "required": [f"{PROJECT}:cluster"],
                "properties": {
                    f"{PROJECT}:{section}": settings["properties"][section] for section in SECTIONS
                },
                "patternProperties": {f"^({'|'.join(sorted(LEFT_ALONE))}):": {}},
            },
        },
        "definitions": definitions,
    }


def _readable(schema: Any) -> Any:
    """Draft-07 as editors know it best: `definitions`, one-line descriptions, no generated titles."""
    if isinstance(schema, list):
        return [_readable(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _readable(value) for key, value in schema.items() if not _is_noise(key, value)}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = kept["$ref"].replace("#/$defs/", "#/definitions/")
        # Draft-07 readers ignore what stands beside a $ref, and the description is why there is a schema.
        if len(kept) > 1:
            kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept


def _is_noise(key: str, value: Any) -> bool:
    """OpenAPI's `discriminator`, titles that repeat the key, and defaults that repeat whole definitions."""
    is_title = key == "title" and isinstance(value, str)
    return (
        key == "discriminator"
        or is_title
        or (key == "default" and (value is None or isinstance(value, dict)))
    )


def text() -> str:
    """The schema file's content."""
    return json.dumps(stack_file_schema(), indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the schema, or check that it is what it should be; the exit code says so."""
    parser = argparse.ArgumentParser(prog="python -m components.settings.schema", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the schema file")
    action.add_argument("--check", action="store_true", help="fail if the schema file is not up to date")
    parser.add_argument("--path", type=Path, default=DEFAULT_PATH, help="the schema file")
    options = parser.parse_args(arguments)
    if options.write:
        aside = options.path.with_name(options.path.name + ".new")
        aside.write_text(text())
        aside.replace(options.path)
        return 0
    if options.path.exists() and options.path.read_text() == text():
        return 0
    sys.stderr.write(
        f"{options.path}: is not up to date\n  do:   python -m components.settings.schema --write\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
