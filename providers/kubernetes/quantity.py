"""Quantities in the form that Kubernetes gives them back: `0.01` is `10m`, `0.0625Gi` is `64Mi`.

Fact: k8s.io/apimachinery pkg/api/resource, read and compared with the recorded answers of the official
provider.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from typing import Final

_FORM: Final = re.compile(
    r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))"
    r"(?:[eE](?P<exponent>[+-]?\d+)|(?P<binary>[KMGTPE])i|(?P<decimal>[numkMGTPE]))?"
)
_BINARY: Final = {letter: power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_NANO: Final = Decimal(1).scaleb(-9)


def canonical(text: str) -> str:
    """Return the canonical form of a quantity.

    Raises:
        ValueError: The text is not a quantity.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a quantity")
    number = Decimal(found["number"])
    if found["binary"]:
        return _binary(number * 1024 ** _BINARY[found["binary"]])
    if found["exponent"] is not None:
        mantissa, exponent = _thousands(number.scaleb(int(found["exponent"])))
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    mantissa, exponent = _thousands(number.scaleb(_DECIMAL[found["decimal"] or ""]))
    return f"{mantissa}{_SUFFIX[exponent]}"


def _binary(value: Decimal) -> str:
    if -1024 < value < 1024:
        mantissa, exponent = _thousands(value)
        return f"{mantissa}{_SUFFIX[exponent]}"
    whole = int(value.to_integral_value(ROUND_UP))
    power = 0
    while whole % 1024 == 0 and power < len(_BINARY):
        whole //= 1024
        power += 1
    return f"{whole}{'KMGTPE'[power - 1]}i" if power else str(whole)


def _thousands(value: Decimal) -> tuple[int, int]:
    """Return mantissa and exponent, a multiple of three between -9 and 18, with the least digits."""
    if not value:
        return 0, 0
    mantissa, exponent = int((value.quantize(_NANO, ROUND_UP) if value % _NANO else value) / _NANO), -9
    while mantissa % 1000 == 0 and exponent < 18:
        mantissa //= 1000
        exponent += 3
    return mantissa, exponent
