"""The wait itself: all checks, until each held at the same look, or the deadline."""

from __future__ import annotations

import time
from collections.abc import Sequence

from components.errors import PlatformError
from providers.kubeclient.client import Unreachable
from providers.platform.api import FAILURES, Api
from providers.platform.gate.check import Check
from providers.platform.gate.checks import look
from providers.platform.work import Work

# What took ten seconds is noticed within half of one; what takes minutes is asked for once a second.
_SHORTEST_POLL, _LONGEST_POLL, _POLLS_PER_WAIT = 0.2, 1.0, 20
_FAILURE_EVERY_SECONDS = 3.0
_MENDS = 3  # of objects that are not ours: what three did not help a fourth will not


def await_checks(
    work: Work, api: Api, checks: Sequence[Check], seconds: float, failed: str = "It did not open"
) -> None:
    """Wait until every check holds.

    Args:
        work: The operation.
        api: The cluster.
        checks: What must hold, all at the same look: a webhook that answered once may be gone again.
        seconds: How long it may take.
        failed: What is said when the time is over.

    Raises:
        PlatformError: The time is over, or a check can never hold; with every check that did not, and why.
        Cancelled: The user asked to stop.
    """
    begin = looked_for_failure = time.monotonic()
    deadline, order, mends = begin + seconds, list(checks), _MENDS
    while True:
        failing = next(((check, problem) for check in order if (problem := _look(check, api))), None)
        if failing is None:
            return
        check, problem = failing
        work.note(f"waiting for {check.title}: {problem}")
        # It goes first next time: as long as it does not hold nobody needs to ask about the others.
        order.sort(key=lambda one: one is not check)
        now = time.monotonic()
        if now - looked_for_failure > _FAILURE_EVERY_SECONDS:
            looked_for_failure = now
            open_ = _open(checks, api)
            if any(_is_hopeless(one, api) for one, _ in open_):
                raise _closed(
                    api, open_, f"It will not open: {open_[0][0].title} cannot come true by waiting"
                )
            if mends > 0:
                mends -= sum(_mended(work, api, one, told) for one, told in open_)
        poll = min(max((now - begin) / _POLLS_PER_WAIT, _SHORTEST_POLL), _LONGEST_POLL)
        if not work.pause(deadline, poll):
            raise _closed(api, _open(checks, api) or [failing], f"{failed} within {seconds:.0f} s")


def _open(checks: Sequence[Check], api: Api) -> list[tuple[Check, str]]:
    return [(check, problem) for check in checks if (problem := _look(check, api))]


def _look(check: Check, api: Api) -> str:
    try:
        return look(check, api)
    except Unreachable as error:  # a node that restarts is back in seconds
        return str(error)


def _is_hopeless(check: Check, api: Api) -> bool:
    try:
        return check.hopeless(api)
    except Unreachable:
        return False


def _mended(work: Work, api: Api, check: Check, problem: str) -> bool:
    try:
        done = check.mend(api, problem)
    except FAILURES:  # not allowed to, for one: then it is waited for as it is
        return False
    if done:
        work.warn(done)
    return bool(done)


def _closed(api: Api, open_: Sequence[tuple[Check, str]], what: str) -> PlatformError:
    lines = []
    for check, problem in open_:
        lines.append(f"{check.title}: {problem}")
        lines += [f"  {reason}" for reason in _reasons(check, api)]
    advice = dict.fromkeys(check.advice for check, _ in open_ if check.advice)
    return PlatformError.single(what, why="\n".join(lines), fix=" ".join(advice))


def _reasons(check: Check, api: Api) -> list[str]:
    """Nothing where the cluster can no longer be asked: that must not hide what failed."""
    try:
        return check.reasons(api)
    except FAILURES:
        return []
