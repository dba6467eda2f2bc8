"""The house's rules that no linter knows, held by a look at the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.unit.conventions.source import ROOT, all_tests, calls, dotted, sources

COMPONENT = "ComponentResource"


def _classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for path, tree in sources().items():
        if path == "__main__.py" or path.startswith("components/"):
            yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _components() -> list[tuple[str, ast.ClassDef]]:
    """Classes that are component resources, by way of the project's own base classes too."""
    classes = list(_classes())
    kinds = {COMPONENT}
    while True:
        found = {node.name for _, node in classes if _bases(node) & kinds}
        if found <= kinds:
            break
        kinds |= found
    return [(path, node) for path, node in classes if _bases(node) & kinds]


def _bases(node: ast.ClassDef) -> set[str]:
    return {dotted(base).split(".")[-1] for base in node.bases}


def _last_call(node: ast.ClassDef) -> str:
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            names = [name for name, _ in calls(member.body[-1])]
            return names[0] if names else ""
    return ""


def test_every_component_registers_its_outputs_last() -> None:
    components = _components()
    bases = {base for _, node in components for base in _bases(node)}
    leaves = {f"{path}: {node.name}": _last_call(node) for path, node in components if node.name not in bases}

    assert len(leaves) > 5
    assert [name for name, last in leaves.items() if last != "self.register_outputs"] == []


def test_only_the_program_itself_exports_outputs() -> None:
    exporting = [
        f"{path}:{line}"
        for path, tree in sources().items()
        if path.startswith("components/")
        for called, line in calls(tree)
        if called in {"pulumi.export", "export"}
    ]

    assert exporting == []


def test_only_the_settings_know_of_configuration() -> None:
    reading = [
        f"{path}:{line}"
        for path, tree in sources().items()
        if path.startswith("components/")
        for called, line in calls(tree)
        if called in {"pulumi.Config", "os.getenv", "os.environ.get"}
    ]

    assert reading == []


def test_the_name_of_every_test_is_a_sentence() -> None:
    short = [f"{path}: {node.name}" for path, node in all_tests() if len(node.name.split("_")) < 4]

    assert short == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    words = {"skip", "skipif", "xfail", "importorskip", "skipUnless", "skipIf"}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if path.startswith("tests/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in words
        if dotted(node).startswith(("pytest.", "unittest."))
    ]

    assert found == []


def test_tests_sleep_only_between_two_looks_before_a_deadline() -> None:
    hopeful = [
        f"{path}:{line}"
        for path, tree in sources().items()
        if path.startswith("tests/")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for line in _sleeps(function) - _sleeps_in_bounded_loops(function)
    ]

    assert hopeful == []


def _sleeps(tree: ast.AST) -> set[int]:
    return {line for called, line in calls(tree) if called in {"time.sleep", "asyncio.sleep", "sleep"}}


def _sleeps_in_bounded_loops(function: ast.AST) -> set[int]:
    if not {called for called, _ in calls(function)} & {"time.monotonic", "asyncio.timeout"}:
        return set()
    loops = (node for node in ast.walk(function) if isinstance(node, ast.While))
    return {line for loop in loops for line in _sleeps(loop)}


def _asserts(node: ast.AST) -> bool:
    """An assertion, an expected exception, or a helper that says in its name that it asserts."""
    called = {name.split(".")[-1] for name, _ in calls(node)}
    return any(isinstance(inner, ast.Assert) for inner in ast.walk(node)) or any(
        name in {"raises", "warns", "fail"} or name.lstrip("_").startswith("assert") for name in called
    )


def test_every_test_asserts_something() -> None:
    assert [f"{path}: {node.name}" for path, node in all_tests() if not _asserts(node)] == []


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}

    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_no_linter_is_silenced_for_a_whole_file() -> None:
    silenced = [
        path
        for path in sources()
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines()
        if line.startswith(("# ruff: noqa", "# mypy: ignore", "# type: ignore"))
    ]

    assert silenced == []
