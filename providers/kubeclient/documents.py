"""Kubernetes objects as plain data, and what is wrong with a text that should hold one."""

from __future__ import annotations

from typing import Any

import yaml
import yaml.scanner

Object = dict[str, Any]


def told(error: yaml.YAMLError) -> str:
    """What is wrong with a YAML text, in the words of Go's library: users search for them."""
    mark = getattr(error, "problem_mark", None)
    line = 0 if mark is None else mark.line + isinstance(error, yaml.scanner.ScannerError)
    where = f"line {line}: " if line else ""
    return f"yaml: {where}{getattr(error, 'problem', None) or 'it is not YAML'}"
