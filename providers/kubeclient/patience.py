"""An answer within a time: httpx's own limit is for one silence, so an answer that drips never ends."""

from __future__ import annotations

import time
from typing import Any, Final

_OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def answer_within(http: Any, request: Any, seconds: float, connect_seconds: float) -> Any:
    """Send a request and return its whole answer.

    Args:
        http: An `httpx.Client`.
        request: An `httpx.Request` that it built.
        seconds: From sending it to the end of the answer.
        connect_seconds: How long the connection alone may take.

    Raises:
        httpx.TransportError: There is no answer, or not in time.
    """
    import httpx  # 0.26 s: only once a cluster is really talked to

    deadline = time.monotonic() + seconds
    silence = httpx.Timeout(seconds, connect=min(connect_seconds, seconds), pool=None)
    request.extensions["timeout"] = silence.as_dict()
    answer = http.send(request, stream=True)
    try:
        parts: list[bytes] = []
        for part in answer.iter_bytes():
            parts.append(part)
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"no whole answer within {seconds:g} s")
    finally:
        answer.close()
    headers = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in _OF_THE_WIRE]
    return httpx.Response(answer.status_code, headers=headers, content=b"".join(parts))
