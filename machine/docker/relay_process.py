"""The relay: listens on 127.0.0.1 of the machine, speaks to the same port inside a network namespace.

Runs by itself as `python -IS relay_process.py NAMESPACE READY_FD LOCK_FD FD:PORT...`: the listening sockets
are bound by who starts it (a port that is taken is that one's error to tell) and inherited; then the process
enters the namespace, where every connection it makes from then on starts. Standard library only.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys

_CLONE_NEWNET = 0x40000000
_CHUNK = 256 * 1024
_CONNECT_SECONDS = 10.0


async def pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way to the end, then close that way only: the answer may still be on its way."""
    loop = asyncio.get_running_loop()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while count := await loop.sock_recv_into(source, buffer):
        await loop.sock_sendall(target, view[:count])
    target.shutdown(socket.SHUT_WR)


async def carry(client: socket.socket, port: int) -> None:
    """Serve one connection; an end that breaks off breaks off the other."""
    loop = asyncio.get_running_loop()
    with client, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as inside:
        for end in (client, inside):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(loop.sock_connect(inside, ("127.0.0.1", port)), _CONNECT_SECONDS)
            async with asyncio.TaskGroup() as both:
                both.create_task(pump(client, inside))
                both.create_task(pump(inside, client))


async def serve(listener: socket.socket, port: int, carried: set[asyncio.Task[None]]) -> None:
    """Accept for ever."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            client, _ = await loop.sock_accept(listener)
        except OSError:  # the client went away in the queue, or no file descriptor is free: the next may do
            await asyncio.sleep(0.01)
            continue
        task = loop.create_task(_guarded(client, port))
        carried.add(task)
        task.add_done_callback(carried.discard)


async def _guarded(client: socket.socket, port: int) -> None:
    with contextlib.suppress(ExceptionGroup):
        await carry(client, port)


async def relay(listeners: dict[int, socket.socket], ready: int) -> None:
    """Serve every port until the process is told to stop."""
    carried: set[asyncio.Task[None]] = set()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    servers = [loop.create_task(serve(listener, port, carried)) for port, listener in listeners.items()]
    os.write(ready, b"1")
    os.close(ready)
    await stopped.wait()
    for task in [*servers, *carried]:
        task.cancel()


def enter(namespace: str) -> None:
    """Move this process into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(namespace, "rb") as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), namespace)


def main(arguments: list[str]) -> None:
    """Take the sockets over, enter the namespace, serve."""
    namespace, ready, lock, *pairs = arguments
    os.write(int(lock), f"{os.getpid()}\n".encode())
    listeners = {}
    for pair in pairs:
        descriptor, port = map(int, pair.split(":"))
        listener = socket.socket(fileno=descriptor)
        listener.setblocking(False)
        listeners[port] = listener
    enter(namespace)
    asyncio.run(relay(listeners, int(ready)))


if __name__ == "__main__":
    main(sys.argv[1:])
