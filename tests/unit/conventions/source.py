"""The project's own Python sources, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = (
    "components",
    "machine",
    "providers",
    "command",
    "models",
    "servers",
    "policies",
    "bench",
    "tests",
)


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of the project, by its path below the root."""
    files = [*ROOT.glob("*.py"), *(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))]
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in sorted(files)}
    return {path: ast.parse(text) for path, text in texts.items()}


def all_tests() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every test function with the path of its file."""
    for path, tree in sources().items():
        if path.startswith("tests/") and Path(path).name.startswith("test_"):
            yield from ((path, node) for node in ast.walk(tree) if _is_test(node))


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names and attributes; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr}" if above else node.attr
    return ""


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every call: what is called, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node.lineno
