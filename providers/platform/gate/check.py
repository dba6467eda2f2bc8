"""What every check of a gate is: something that can be looked at again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from providers.platform.api import Api


class Check(ABC):
    """Something that must hold before a gate opens.

    Attributes:
        advice: What a person can do where it never holds; empty where only the cluster knows.
    """

    advice: ClassVar[str] = ""

    @property
    @abstractmethod
    def title(self) -> str:
        """What is looked at, for people."""

    @abstractmethod
    def problem(self, api: Api) -> str:
        """Why it does not hold; empty if it does."""

    def reasons(self, api: Api) -> list[str]:
        """What the cluster says beyond the problem, a line each."""
        return []

    def hopeless(self, api: Api) -> bool:
        """Whether waiting cannot make it hold."""
        return False

    def mend(self, api: Api, problem: str) -> str:
        """Undo what would keep it from ever holding; what was done, or empty where no way is known.

        Called every few seconds as long as the check does not hold, with its problem.
        """
        return ""
