"""No secret reaches a screen or a log of ours: what is known or looks to be one is blanked."""

from __future__ import annotations

import re
import threading

BLANK = "[secret]"
_SHORTEST = 6

_PATTERNS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?<=client-key-data: )\S+"),
    re.compile(r"(?i)(?<=authorization: )(?:bearer |basic )?\S+"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{16,}=*"),
    re.compile(r"(?i)(?:(?<=token: )|(?<=password: )|(?<=passphrase: ))\S+"),
    re.compile(r"(?i)(?<=\"token\": \")[^\"]+|(?<=\"password\": \")[^\"]+"),
    # Service account tokens.
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+"),
)


class Redactor:
    """Blanks secrets in text. One instance serves every stream of a command; threads may share it."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def learn(self, secret: str) -> None:
        """Blank this text from now on, and each of its lines; short ones would blank innocent words."""
        lines = {part.strip() for part in (secret, *secret.splitlines())}
        with self._lock:
            known = {*self._known, *(line for line in lines if len(line) >= _SHORTEST)}
            self._known = tuple(sorted(known, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `[secret]`."""
        for secret in self._known:
            text = text.replace(secret, BLANK)
        for pattern in _PATTERNS:
            text = pattern.sub(BLANK, text)
        return text
