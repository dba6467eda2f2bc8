"""The one loop that waits: on the truth, with a deadline, and in words.

The truth is always a fresh GET. A watch only rings the bell: a dropped, expired or refused one costs at most
`_SLOWEST` seconds and never a wrong answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar

from providers.kubeclient.client import ApiError, Unreachable
from providers.kubernetes.cluster import Cluster
from providers.kubernetes.objects import TIMEOUT_SECONDS, Object, annotations_of, metadata_of
from providers.kubernetes.waiting.rules import Rule
from providers.kubernetes.waiting.verdict import CONDITION_OVERDUE, Verdict

DEFAULT_SECONDS: Final = 600.0
_QUICKEST: Final = 0.1
_SLOWEST: Final = 1.0
_PROMPT_RINGS: Final = 3
_PASSING: Final = ("foregroundDeletion", "orphan")
_PATIENCE_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 2.0
_LAST_SECONDS: Final = 0.5
_SILENT: Final = "the API server did not answer when it was asked last"
_Seen = TypeVar("_Seen")


@dataclass
class Waited:
    """How a wait ended.

    Attributes:
        live: The object as last seen; None once it is gone.
        failure: Why it did not become ready; None where it did.
        reasons: What was in the way.
    """

    live: Object | None
    failure: str | None = None
    reasons: Sequence[str] = field(default_factory=tuple)


class Gate:
    """Waits for one object at a time; `tell` gets the status column, `warn` what will not heal by itself."""

    def __init__(
        self,
        cluster: Cluster,
        cancelled: threading.Event,
        tell: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._cancelled = cancelled
        self._tell = tell
        self._warn = warn
        self._told: set[str] = set()

    def until_ready(self, obj: Object, rule: Rule, seconds: float) -> Waited:
        """Wait until the rule is content with an object, or says that it never will be.

        A server that does not let us look, or is gone, ends the wait as a failure: the object is there, and
        the state must keep it.
        """
        name = metadata_of(obj).get("name")
        live: Object | None = obj
        verdict = Verdict()
        with self._bell(obj) as bell:
            deadline = time.monotonic() + seconds
            while True:
                try:
                    seen = self._seen(lambda: self._judged(obj, rule, deadline), deadline)
                except (ApiError, Unreachable) as error:
                    return Waited(live, f"'{name}' cannot be read any more: {error}", verdict.reasons)
                if seen is not None:
                    live, verdict = seen
                if verdict.ready:
                    return Waited(live)
                if live is None:
                    return Waited(None, f"'{name}' was deleted while it was waited for")
                if verdict.failure:
                    return Waited(live, verdict.failure, verdict.reasons)
                self._report(verdict)
                silence = [] if seen is not None else [_SILENT]
                if self._cancelled.is_set():
                    why = f'Resource operation was cancelled for "{name}"'
                    return Waited(live, why, [*verdict.reasons, *silence])
                if time.monotonic() >= deadline:
                    overdue = verdict.overdue or f"'{name}' timed out waiting to be Ready"
                    return Waited(live, overdue, [*verdict.reasons, *silence])
                bell.wait(deadline)

    def until_gone(self, obj: Object, uid: str, seconds: float) -> Waited:
        """Wait until an object, that very one, is no more.

        Raises:
            ApiError: The server does not let us look.
            Unreachable: It does not answer any more.
        """
        name = metadata_of(obj).get("name")
        live: Object = obj
        with self._bell(obj) as bell:
            deadline = time.monotonic() + seconds
            while True:
                seen = self._seen(lambda: (self._read(obj, deadline),), deadline)
                if seen is not None:
                    if seen[0] is None or (uid and metadata_of(seen[0]).get("uid") != uid):
                        return Waited(None)
                    live = seen[0]
                held = [name for name in metadata_of(live).get("finalizers") or [] if name not in _PASSING]
                reasons = [f"finalizers might be preventing deletion ({', '.join(held)})"] if held else []
                for reason in reasons:
                    self._report(Verdict(status=reason))
                reasons += _why_terminating(live) + ([] if seen is not None else [_SILENT])
                if self._cancelled.is_set():
                    return Waited(live, f'Resource operation was cancelled for "{name}"', reasons)
                if time.monotonic() >= deadline:
                    return Waited(live, CONDITION_OVERDUE, reasons)
                bell.wait(deadline)

    def _judged(self, obj: Object, rule: Rule, deadline: float) -> tuple[Object | None, Verdict]:
        live = self._read(obj, deadline)
        return live, Verdict() if live is None else rule(live, self._look)

    def _seen(self, look: Callable[[], _Seen], deadline: float) -> _Seen | None:
        """Look in a thread of its own; None where the user wants to stop, or the time is up, before the end.

        An API server that takes a connection and says nothing would keep Ctrl-C waiting for a minute, and a
        wait long past its time.
        """
        found: list[_Seen] = []
        failed: list[Exception] = []
        done = threading.Event()

        def run() -> None:
            try:
                found.append(look())
            except Exception as error:  # noqa: BLE001  raised again below, in the thread that asked
                failed.append(error)
            done.set()

        threading.Thread(target=run, daemon=True).start()
        end = max(deadline, time.monotonic()) + _GRACE_SECONDS
        while not done.wait(_QUICKEST):
            if self._cancelled.is_set() or time.monotonic() >= end:
                done.wait(_LAST_SECONDS)  # an answer that is about to come is worth more than none
                break
        if failed:
            raise failed[0]
        return found[0] if found else None

    def _read(self, obj: Object, deadline: float) -> Object | None:
        """Read the object; an API server that restarts under a wait is given some patience."""
        patience = min(deadline, time.monotonic() + _PATIENCE_SECONDS)
        while True:
            try:
                return self._cluster.read(obj)
            except ApiError as error:
                if error.gone:
                    return None
                if error.status in (401, 403) or time.monotonic() >= patience or self._cancelled.is_set():
                    raise
            except Unreachable:
                if time.monotonic() >= patience or self._cancelled.is_set():
                    raise
            self._cancelled.wait(_QUICKEST * 5)

    def _look(self, api_version: str, kind: str, namespace: str, **parameters: str) -> list[Object]:
        with contextlib.suppress(ApiError, Unreachable):
            return self._cluster.find(api_version, kind, namespace, **parameters)
        return []

    def _report(self, verdict: Verdict) -> None:
        if verdict.status and verdict.status not in self._told:
            self._told.add(verdict.status)
            self._tell(verdict.status)
        for alarm in verdict.alarms:
            if alarm not in self._told:
                self._told.add(alarm)
                self._warn(alarm)

    def _bell(self, obj: Object) -> _Bell:
        return _Bell(self._cluster, obj, self._cancelled)


def _why_terminating(live: Object) -> list[str]:
    """What a Namespace says of the contents that do not go."""
    conditions = (live.get("status") or {}).get("conditions") or []
    return [
        str(entry.get("message"))
        for entry in conditions
        if entry.get("status") == "True" and str(entry.get("type")).startswith("Namespace")
    ]


def timeout_of(inputs: Object, requested: float) -> float:
    """Return how long to wait, in seconds: customTimeouts, else the annotation, else ten minutes."""
    if requested > 0:
        return requested
    with contextlib.suppress(TypeError, ValueError):
        return (
            float(annotations_of(inputs)[TIMEOUT_SECONDS])
            if TIMEOUT_SECONDS in annotations_of(inputs)
            else DEFAULT_SECONDS
        )
    return DEFAULT_SECONDS


class _Bell:
    """Rings when a watch says that the object changed; rings by itself every few seconds anyway."""

    def __init__(self, cluster: Cluster, obj: Object, cancelled: threading.Event) -> None:
        self._cluster = cluster
        self._object = obj
        self._cancelled = cancelled
        self._rung = threading.Event()
        self._closed = threading.Event()
        self._stream: Any = None
        self._pause = _QUICKEST
        self._prompt = _PROMPT_RINGS
        self._listener: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        if self._stream is not None:
            raw = self._stream.get_extra_info("socket")
            with contextlib.suppress(OSError, AttributeError):
                raw.shutdown(socket.SHUT_RDWR)
        if self._listener is not None:
            self._listener.join(_QUICKEST)

    def wait(self, deadline: float) -> None:
        """Sleep until something may have changed; a second at most once the user wants to stop."""
        if self._listener is None or not self._listener.is_alive():
            self._listener = threading.Thread(target=self._listen, daemon=True)
            self._listener.start()
        self._pause = min(2 * self._pause, _SLOWEST)
        end = min(time.monotonic() + self._pause, deadline)
        if self._prompt:  # a deletion, or a Service, mostly needs no more
            self._prompt -= 1
        else:  # a watch that only tells of its own end (410) rings as fast as it is opened
            self._cancelled.wait(_QUICKEST)
        while time.monotonic() < end and not self._cancelled.is_set() and not self._rung.wait(_QUICKEST):
            pass
        self._rung.clear()

    def _listen(self) -> None:
        with contextlib.suppress(Exception):  # a watch that fails is a bell that stays silent
            path, parameters = self._cluster.watch_parameters(self._object)
            for _ in self._cluster.client().watch(path, parameters, self._opened):
                self._rung.set()
                if self._closed.is_set():
                    return
        self._stream = None

    def _opened(self, stream: Any) -> None:
        self._stream = stream
        if self._closed.is_set() and stream is not None:
            with contextlib.suppress(OSError, AttributeError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
