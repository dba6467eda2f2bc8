"""The relay's way of carrying bytes, without a namespace to enter (tests/docker does that)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

from machine.docker.ports import free_port, listen
from machine.docker.relay_process import serve

T = TypeVar("T")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _through_relay(behind: Serve | None, ask: Callable[[int], Awaitable[T]]) -> T:
    """Run `ask` with the port of a relay that leads to a server; to nobody where there is none."""

    async def both() -> T:
        inside = free_port()
        server = await asyncio.start_server(behind, "127.0.0.1", inside) if behind else None
        with listen(0) as listener:
            listener.setblocking(False)
            carried: set[asyncio.Task[None]] = set()
            relay = asyncio.create_task(serve(listener, inside, carried))
            try:
                return await ask(listener.getsockname()[1])
            finally:
                relay.cancel()
                if server:
                    server.close()

    return asyncio.run(both())


async def _echo_after_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer only once the whole question is there: works through a relay that handles half-close."""
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def _ask(port: int, question: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def test_the_answer_arrives_after_the_question_was_closed() -> None:
    assert _through_relay(_echo_after_end, lambda port: _ask(port, b"hello")) == b"hello"


def test_twenty_megabytes_pass_whole_both_ways() -> None:
    body = bytes(range(256)) * (20 * 4096)
    assert _through_relay(_echo_after_end, lambda port: _ask(port, body)) == body


def test_fifty_clients_are_served_at_once() -> None:
    async def ask(port: int) -> list[bytes]:
        return await asyncio.gather(*(_ask(port, b"%d" % number * 10_000) for number in range(50)))

    assert _through_relay(_echo_after_end, ask) == [b"%d" % number * 10_000 for number in range(50)]


def test_a_client_is_let_go_when_nobody_listens_inside() -> None:
    assert _through_relay(None, lambda port: _ask(port, b"")) == b""


def test_a_client_that_breaks_off_does_not_stop_the_others() -> None:
    async def ask(port: int) -> bytes:
        rude = socket.create_connection(("127.0.0.1", port))
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # a reset, not an end
        rude.send(b"half a question")
        rude.close()
        return await _ask(port, b"polite")

    assert _through_relay(_echo_after_end, ask) == b"polite"
