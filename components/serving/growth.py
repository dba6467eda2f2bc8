"""What predictors and transformers may grow to. Pure."""

from __future__ import annotations

# Room for a burst. Without a bound one takes every machine that an autoscaler may buy.
_MOST_PODS = 3


def most_pods(fewest: int, most: int | None) -> int:
    """Most pods of something: what its settings say, else room for a burst.

    Args:
        fewest: Its fewest pods.
        most: Its most pods; None where the settings leave it open.
    """
    return most or max(_MOST_PODS, fewest)
