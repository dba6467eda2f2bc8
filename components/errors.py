"""The project's one family of errors.

Every mistake that a person can make or meet is a `Problem`: what is wrong, the value seen, why it
matters and what to do, under the full key it belongs to. Errors carry problems as fields and build
their text only when printed, so that tests assert on fields, the command prints all problems at
once, and nothing is lost in formatting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, told so that its reader can act.

    Attributes:
        what: What is wrong, as a sentence without a full stop.
        why: Why it is refused.
        fix: What to do about it, in the imperative.
        key: The full configuration key or file that it concerns; empty where there is none.
        seen: The offending value as the user wrote it; None where there is none. Never a secret.
    """

    what: str
    why: str = ""
    fix: str = ""
    key: str = ""
    seen: str | None = None

    def __str__(self) -> str:
        head = f"{self.key}: {self.what}" if self.key else self.what
        rows = (("seen", self.seen), ("why", self.why), ("do", self.fix))
        return "\n".join([head, *(f"  {label + ':':<6}{text}" for label, text in rows if text)])


class PlatformError(Exception):
    """Something failed in a way that its reader can understand without a stack trace."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems: tuple[Problem, ...] = problems

    @classmethod
    def single(
        cls, what: str, *, why: str = "", fix: str = "", key: str = "", seen: str | None = None
    ) -> PlatformError:
        """Build an error of one problem; the arguments are those of `Problem`."""
        return cls(Problem(what=what, why=why, fix=fix, key=key, seen=seen))

    def __str__(self) -> str:
        return render_problems(self.problems)


def render_problems(problems: Sequence[Problem]) -> str:
    """Join problems as a person reads them: a blank line between two, in the order given."""
    return "\n\n".join(str(problem) for problem in problems)
