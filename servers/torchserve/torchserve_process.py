"""TorchServe's Java server and its workers, as one child that lives and dies with this process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Sequence

from servers.torchserve.backend import Backend
from servers.torchserve.problems import BackendLost

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.1
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class TorchServeProcess:
    """A started TorchServe.

    Raises (from `start`):
        BackendLost: Its program cannot be started.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.ended = asyncio.ensure_future(process.wait())
        """Done, with the exit status, when the Java server ends."""

    @classmethod
    async def start(cls, command: Sequence[str]) -> TorchServeProcess:
        """Start it in a session of its own, so that its workers can be ended with it."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            raise BackendLost(f"TorchServe cannot be started: {command[0]}: {error.strerror}") from None
        return cls(process)

    async def wait_ready(self, backend: Backend, deadline_seconds: float) -> None:
        """Return when every model has a worker that loaded it.

        Raises:
            BackendLost: TorchServe ended first, or the deadline passed; the message names what was missing.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + deadline_seconds
        while not await backend.all_ready():
            if self.ended.done():
                raise BackendLost(
                    f"TorchServe ended with status {self.ended.result()} before its models were loaded"
                )
            if loop.time() > deadline:
                missing = [name for name in backend.names if not await backend.ready(name)]
                raise BackendLost(
                    f"no worker loaded {', '.join(missing)} within {deadline_seconds:g} s; its log is above"
                )
            await asyncio.wait([self.ended], timeout=_POLL_SECONDS)

    async def stop(self, grace_seconds: float) -> None:
        """End it: asked first; after the grace period it and every worker are killed."""
        if not self.ended.done():
            self._process.send_signal(signal.SIGTERM)
            await asyncio.wait([self.ended], timeout=grace_seconds)
        with contextlib.suppress(ProcessLookupError):  # nobody of the session is left: the usual case
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.ended
