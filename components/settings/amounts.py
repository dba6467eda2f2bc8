"""Comparing amounts as Kubernetes writes them (their forms are in `text`)."""

from __future__ import annotations

import re
from fractions import Fraction

_FACTORS = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}


def amount(text: str) -> Fraction:
    """The number that an amount of CPU (cores) or memory (bytes) stands for."""
    number, suffix = re.fullmatch(r"([\d.]+)([A-Za-z]*)", text).groups()  # type: ignore[union-attr]  # checked by its form
    return Fraction(number) * _FACTORS[suffix]
