"""Relays into a real network namespace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.docker import relay_process, stop_engine
from machine.docker.keeping import keep_relay
from machine.docker.ports import free_port, holder, listen
from machine.docker.relay_lock import RelayLock
from machine.docker.relays import relay_runs, start_relay, stop_relays
from tests.docker.conftest import NOTHING, Machine, signal_and_wait

pytestmark = pytest.mark.docker

_SECONDS = 30.0

ECHO = """
import socketserver, sys

class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read())

class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128

server = Server(("127.0.0.1", int(sys.argv[1])), Echo)
print("ready", flush=True)
server.serve_forever()
"""


@dataclass
class Inside:
    """A server in the engine's network that answers what it was asked, once the question has ended."""

    machine: Machine
    port: int

    def relay(self, outside: int) -> None:
        start_relay(self.machine.cache, self.machine.engine.endpoint(), "it", {outside: self.port})

    def pid(self) -> int:
        return int(self.machine.cache.path("clusters", "it", "relay.lock").read_text())


@pytest.fixture
def inside(machine: Machine) -> Iterator[Inside]:
    endpoint = machine.start()
    port = free_port()
    command = endpoint.command(sys.executable, "-c", ECHO, str(port))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield Inside(machine, port)
        stop_relays(machine.cache, "it")
        server.kill()


def _ask(port: int, question: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(question)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1 << 20), b""))


def _keeper(cache: Cache) -> Thread:
    keeper = Thread(target=keep_relay, args=(cache, "it"), daemon=True)
    keeper.start()
    return keeper


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _ask_in_the_end(port: int, question: bytes) -> bytes:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return _ask(port, question)
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_namespace_is_reached_from_the_machine_only_through_the_relay(inside: Inside) -> None:
    outside = free_port()
    with pytest.raises(ConnectionRefusedError):
        _ask(inside.port, b"hello")
    inside.relay(outside)
    assert _ask(outside, b"hello") == b"hello"


def test_fifty_clients_with_large_bodies_are_served_at_once(inside: Inside) -> None:
    outside = free_port()
    inside.relay(outside)
    bodies = [bytes([number]) * 400_000 for number in range(50)]
    with ThreadPoolExecutor(50) as clients:
        assert list(clients.map(lambda body: _ask(outside, body), bodies)) == bodies
    assert _ask(outside, b"x" * 20_000_000) == b"x" * 20_000_000


def test_it_listens_on_the_loopback_address_only(inside: Inside) -> None:
    outside = free_port()
    inside.relay(outside)
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{outside:04X}")]
    assert listening == [f"0100007F:{outside:04X}"]


def test_starting_again_keeps_the_one_that_runs(inside: Inside) -> None:
    outside = free_port()
    inside.relay(outside)
    first = holder(outside)
    inside.relay(outside)
    assert holder(outside) == first


def test_other_ports_are_another_relay(inside: Inside) -> None:
    first, second = free_port(), free_port()
    inside.relay(first)
    inside.relay(second)
    assert _ask(second, b"hello") == b"hello"
    with pytest.raises(ConnectionRefusedError):
        _ask(first, b"hello")


def test_a_killed_relay_is_brought_back(inside: Inside) -> None:
    outside = free_port()
    inside.relay(outside)
    signal_and_wait(inside.pid(), signal.SIGKILL)
    inside.relay(outside)
    assert _ask(outside, b"hello") == b"hello"


def test_a_relay_that_is_kept_comes_back_by_itself_until_it_is_stopped(inside: Inside) -> None:
    outside, cache = free_port(), inside.machine.cache
    inside.relay(outside)
    keepers = [_keeper(cache) for _ in range(2)]  # of two programs
    for _ in range(2):
        signal_and_wait(inside.pid(), signal.SIGKILL)
        assert _ask_in_the_end(outside, b"hello") == b"hello"
    stop_relays(cache, "it")
    for keeper in keepers:
        keeper.join(_SECONDS)
        assert not keeper.is_alive()
    assert not relay_runs(cache, "it")


def test_a_relay_that_is_kept_comes_back_once_its_port_is_free(inside: Inside) -> None:
    outside, cache = free_port(), inside.machine.cache
    inside.relay(outside)
    folder = cache.path("clusters", "it")
    plan = (folder / "relay.json").read_text()
    stop_relays(cache, "it")
    with listen(outside):
        (folder / "relay.json").write_text(plan)
        _keeper(cache)
        _await((folder / "relay.lock").exists)  # it tried
    assert _ask_in_the_end(outside, b"hello") == b"hello"


def test_a_relay_says_itself_who_it_is_for_its_starter_may_be_gone(inside: Inside) -> None:
    """A starter was killed before it wrote the pid: nothing could end what it had started."""
    folder = inside.machine.cache.folder("clusters", "it")
    namespace = inside.machine.engine.endpoint().namespace
    readable, writable = os.pipe()
    with RelayLock(folder).take() as lock:
        command = [sys.executable, "-IS", relay_process.__file__, str(namespace)]
        relay = subprocess.Popen(
            [*command, str(writable), str(lock.fileno())], pass_fds=(writable, lock.fileno())
        )
    assert os.read(readable, 1) == b"1"
    assert inside.pid() == relay.pid
    stop_relays(inside.machine.cache, "it")
    assert relay.wait(_SECONDS) == 0
    os.close(readable)
    os.close(writable)


def test_it_goes_on_when_the_daemon_is_killed_and_started(inside: Inside) -> None:
    outside, daemon = free_port(), inside.machine.engine.pid()
    inside.relay(outside)
    assert daemon is not None
    signal_and_wait(daemon, signal.SIGKILL)
    inside.machine.start()
    assert _ask(outside, b"hello") == b"hello"


def test_a_taken_port_is_refused_and_no_relay_stays(inside: Inside) -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlatformError) as refused:
            inside.relay(port)
    assert refused.value.problems[0].what == f"Port {port} of 127.0.0.1 is taken"
    assert not relay_runs(inside.machine.cache, "it")


def test_stopping_ends_it_and_removes_its_files(inside: Inside) -> None:
    outside = free_port()
    inside.relay(outside)
    stop_relays(inside.machine.cache, "it")
    assert not relay_runs(inside.machine.cache, "it")
    assert list(inside.machine.cache.path("clusters", "it").iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        _ask(outside, b"hello")


def test_a_relay_goes_with_its_engine(inside: Inside) -> None:
    inside.relay(free_port())
    stop_engine(inside.machine.cache)
    assert not relay_runs(inside.machine.cache, "it")
    assert inside.machine.traces.seen() == NOTHING
