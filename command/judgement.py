"""The plan before the policies: refused before anything is created, or gone through with their advice.

A plan is previewed with the pack and only then carried out, which the pack judges once more: then it sees
what a preview does not know. The preview is left out where the very same plan was judged and carried out
before: everything is still judged on the way, each resource before it is changed.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from command.display.board import Board
from command.engine.events import Violation
from command.engine.places import Places
from command.engine.progress import EngineProgress
from command.engine.pulumi import Engine
from command.engine.run import Outcome
from command.image_source import hand_over_file
from components.errors import PlatformError, Problem
from machine.cache import write_atomically

_PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "policies")
_OURS = "KSERVE_PLATFORM_"
_CONFIGURATION = "PULUMI_OPTION_POLICY_PACK_CONFIG"
_ROW = re.compile(r"^  (at|seen|why|do): +(.*)$", re.MULTILINE)


def judge(engine: Engine, board: Board) -> tuple[Outcome, EngineProgress]:
    """Preview the plan with the policies and tell their advice.

    Raises:
        PlatformError: The policies refuse the plan; nothing was changed.
    """
    with board.step("judge the plan by the policies") as note:
        outcome, progress = engine.preview(board)
        refuse(progress.violations)
        told = advice(progress.violations)
        note(f"{len(told)} to think about" if told else "")
    for line in told:
        board.say(line)
    return outcome, progress


def new_advice(before: Iterable[Violation], after: Iterable[Violation]) -> list[str]:
    """The advice of `up` about what the preview said nothing of: it could not know the values."""
    told = {(one.policy, one.urn) for one in before}
    return advice(one for one in after if (one.policy, one.urn) not in told)


def refuse(violations: Sequence[Violation]) -> None:
    """Raise what the policies refuse.

    Raises:
        PlatformError: With every refusal, each once.
    """
    refused = dict.fromkeys(_problem(one) for one in violations if one.refused)
    if refused:
        raise PlatformError(*refused)


def advice(violations: Iterable[Violation]) -> list[str]:
    """One line for every rule that only advises."""
    by_policy: dict[str, list[Violation]] = {}
    for one in violations:
        if not one.refused:
            by_policy.setdefault(one.policy, []).append(one)
    return [_brief(policy, found) for policy, found in sorted(by_policy.items())]


def _brief(policy: str, found: Sequence[Violation]) -> str:
    resources = list(dict.fromkeys(one.resource for one in found if one.resource))
    rest = f" and {len(resources) - 1} more" if len(resources) > 1 else ""
    where = f" ({resources[0]}{rest})" if resources else ""
    return f"policy {policy}: {found[0].text.splitlines()[0]}{where}"


def _problem(violation: Violation) -> Problem:
    rows = dict(_ROW.findall(violation.text))
    title = violation.text.splitlines()[0] if violation.text else ""
    return Problem(
        what=f"{title} (policy {violation.policy})",
        key=", ".join(part for part in (violation.resource, rows.get("at")) if part),
        seen=rows.get("seen"),
        why=rows.get("why", ""),
        fix=rows.get("do", ""),
    )


def plan_of(places: Places, variables: Mapping[str, str]) -> str:
    """The fingerprint of all that a plan and its judgement come from.

    Args:
        places: The stack's files: its settings, where its images come from, the program and the policies.
        variables: The process's environment: ours count, and a configuration of the pack.
    """
    digest = hashlib.sha256()
    configuration = places.checkout / variables.get(_CONFIGURATION, "")
    handed_over = hand_over_file(places.cache, places.stack)
    for file in (places.stack_file, handed_over, configuration, *_program(places.checkout)):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    ours = sorted(f"{name}={value}" for name, value in variables.items() if name.startswith(_OURS))
    # Rules ask what is still supported today.
    for word in (*ours, sys.version, datetime.now(UTC).date().isoformat()):
        digest.update(f"{word}\0".encode())
    return digest.hexdigest()


def _program(checkout: Path) -> Iterator[Path]:
    for name in _PROGRAM:
        root = checkout / name
        found = (one for one in (root, *root.rglob("*")) if "__pycache__" not in one.parts)
        yield from sorted(one for one in found if one.is_file())


def was_judged(places: Places, plan: str) -> bool:
    """Whether a plan was judged and carried out the last time."""
    return places.judged.is_file() and places.judged.read_text(encoding="utf-8") == plan


def note_judged(places: Places, plan: str) -> None:
    """Remember that a plan was judged and carried out."""
    write_atomically(places.judged, plan)
