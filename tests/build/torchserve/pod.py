"""Runs the image's entrypoint as a pod would: own processes, mounts and network, user 1000, a model store.

Its network is a namespace with nothing but a loopback; a thread that enters it asks the server there.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from servers.torchserve import recipe

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_NETWORK_IS_UP = "pod: its network is up\n"
_START = f"""
root=$1 store=$2; shift 2
ip link set lo up
printf %s '{_NETWORK_IS_UP}'
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
for folder in tmp home/model-server; do mount -t tmpfs -o mode=1777 none "$root/$folder"; done
mount --bind "$store" "$root/mnt/models"
exec chroot --userspec=1000:1000 "$root" /bin/sh -c 'cd "$HOME" && exec "$@"' sh "$@"
"""


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    body: Any


class Pod:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self._threads: ThreadPoolExecutor | None = None

    @property
    def words(self) -> str:
        """All that it printed until now."""
        return self._log().removeprefix(_NETWORK_IS_UP)

    @property
    def first(self) -> int:
        """The server's own process, which is the first of its namespace."""
        return int(self._children(self.process.pid)[0])

    @property
    def is_reachable(self) -> bool:
        """Whether it is in its own network by now, and that is up; until then `inside` is somewhere else."""
        return self._log().startswith(_NETWORK_IS_UP)

    def wait_ready(self, seconds: float = 90) -> None:
        """Return when the server says that it is ready; fail with its log if it ends or does not in time."""
        deadline = time.monotonic() + seconds
        while "kserve-server ready" not in self.words:
            assert self.process.poll() is None, self.words
            assert time.monotonic() < deadline, self.words
            time.sleep(0.02)

    def inside(self, work: Callable[[], T]) -> T:
        """Run a function in a thread that is in the pod's network."""
        if self._threads is None:
            handle = os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY)
            self._threads = ThreadPoolExecutor(64, initializer=_enter, initargs=(handle,))
        return self._threads.submit(work).result()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        port: int = 8080,
    ) -> Answer:
        """Send a request; a body that is not bytes goes as JSON."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.inside(lambda: _ask(method, path, content, headers or {}, port))

    def side_by_side(self, count: int, method: str, path: str, body: object) -> list[Answer]:
        """The same request, many times at once."""
        content = json.dumps(body).encode()
        self.ask("GET", "/")
        assert self._threads is not None
        futures = [self._threads.submit(_ask, method, path, content, {}, 8080) for _ in range(count)]
        return [future.result() for future in futures]

    def command(self, argv: Sequence[str]) -> str:
        """Run a program in the pod's network and return what it prints."""
        enter = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]
        return subprocess.run([*enter, *argv], check=True, capture_output=True, text=True, timeout=60).stdout

    def named(self, part: str) -> list[int]:
        """Processes of the pod whose command line has a part, as seen from outside."""
        return [pid for pid in self._family() if part in _command_line(pid)]

    def terminate(self, seconds: float = 30) -> tuple[int, float]:
        """Send SIGTERM, as a kubelet does; its exit status, and how many seconds it took."""
        started = time.monotonic()
        os.kill(self.first, signal.SIGTERM)
        return self.process.wait(seconds), time.monotonic() - started

    def close(self) -> None:
        """End whatever is left of it."""
        if self._threads is not None:
            self._threads.shutdown()
        # --kill-child does not hold here: changing the user clears the signal that it set up. Killing the
        # first process of the namespace ends all of them, and unshare with it.
        for pid in self._children(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def _log(self) -> str:
        return self.log.read_text(errors="replace")

    def _family(self) -> list[int]:
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += self._children(pid)
        return found

    @staticmethod
    def _children(pid: int) -> list[int]:
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            return [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            return []


@contextmanager
def running(
    root: Path, store: Path, log: Path, *, arguments: Sequence[str] = recipe.COMMAND, envelope: str = "kserve"
) -> Iterator[Pod]:
    """A pod, from its start to its end; it may not be ready yet."""
    own = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--propagation", "private"]
    argv = [*own, "/bin/sh", "-ec", _START, "sh", str(root), str(store), *recipe.ENTRYPOINT, *arguments]
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin:/bin"
    environment = {**recipe.ENVIRONMENT, "PATH": path, "TS_SERVICE_ENVELOPE": envelope}
    with open(log, "wb") as sink:
        process = subprocess.Popen(argv, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env=environment)
    pod = Pod(process, log)
    try:
        yield pod
    finally:
        pod.close()


def _enter(handle: int) -> None:
    if _libc.setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _ask(method: str, path: str, content: bytes | None, headers: Mapping[str, str], port: int) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, content, dict(headers))
        response = connection.getresponse()
        text = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return Answer(response.status, json.loads(text) if is_json else text.decode())
    finally:
        connection.close()


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
