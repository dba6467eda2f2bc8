"""How long each step took the last time on this machine, so that the next run can say what to expect."""

from __future__ import annotations

import json

from machine.cache import Cache, write_atomically

_FILE = "history.json"


class History:
    """Seconds by step name, kept in the cache; a damaged or missing file is an empty history."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def expected(self, name: str) -> float | None:
        """Seconds that a step took the last time it was done; None where it never was."""
        return self._read().get(name)

    def record(self, name: str, seconds: float) -> None:
        """Remember how long a step took."""
        with self._cache.lock("history"):
            known = {**self._read(), name: round(seconds, 1)}
            write_atomically(self._cache.path(_FILE), json.dumps(known, indent=1, sort_keys=True), mode=0o644)

    def _read(self) -> dict[str, float]:
        try:
            known = json.loads(self._cache.path(_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(known, dict):
            return {}
        return {str(name): float(value) for name, value in known.items() if isinstance(value, (int, float))}
