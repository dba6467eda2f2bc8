"""A provider process as the engine meets it: one line, answers, errors with details, a quick end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from providers.rpc import Secret
from providers.rpc.envelope import Envelope, Message
from providers.rpc.protos import engine_pb2, provider_pb2

_ROOT = Path(__file__).parents[3]
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from providers.rpc import InitFailed, RpcError, Secret
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from providers.rpc.provider import Provider, empty
from providers.rpc.server import serve

class Example(Provider):
    def check(self, request):
        self.engine.warning("looks odd", request.fields.urn)
        self.engine.status("looking", request.fields.urn)
        return Message(pb.CheckResponse(), {"inputs": request.structs["news"]})
    def create(self, request):
        raise InitFailed("not ready", id="a/b", properties={"p": Secret(1)}, inputs={"i": 1},
                         reasons=["r1", "r2"])
    def read(self, request):
        raise RpcError("no such thing")
    def delete(self, request):
        return 1 / 0
    def update(self, request):
        self.cancelled.wait(30)
        raise RpcError("cancelled")

serve(Example("example", "1.2.3"), sys.argv[2:], "EXAMPLE_LOG")
"""


class _Client:
    """The engine's side of the connection."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._methods = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name

    def future(self, name: str, structs: dict[str, Any] | None = None, **fields: Any) -> Any:
        method = self._methods[name]
        request, answer = Envelope(method.input_type), Envelope(method.output_type)
        call = self.channel.unary_unary(
            f"/pulumirpc.ResourceProvider/{name}",
            request_serializer=request.encode,
            response_deserializer=answer.decode,
        )
        return call.future(Message(request.type(**fields), structs or {}), timeout=20)

    def call(self, name: str, structs: dict[str, Any] | None = None, **fields: Any) -> Message:
        answer: Message = self.future(name, structs, **fields).result()
        return answer


class _EngineDouble:
    """A double of the engine's Log service."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, bool, str]] = []
        handler = grpc.unary_unary_rpc_method_handler(
            self._log,
            request_deserializer=engine_pb2.LogRequest.FromString,
            response_serializer=lambda _: b"",
        )
        self.server = grpc.server(futures.ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("pulumirpc.Engine", {"Log": handler}),)
        )
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def _log(self, request: Any, context: Any) -> str:
        self.lines.append((request.message, request.severity, request.ephemeral, request.urn))
        return ""


@pytest.fixture
def engine() -> Iterator[_EngineDouble]:
    double = _EngineDouble()
    yield double
    double.server.stop(0).wait()


@pytest.fixture
def client(tmp_path: Path, engine: _EngineDouble) -> Iterator[_Client]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(_ROOT), "-tracing", engine.address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "EXAMPLE_LOG": str(tmp_path / "calls.log")},
    )
    connected = _Client(process)
    yield connected
    connected.channel.close()
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_check_answers_its_structs_and_reaches_the_engine_log(
    client: _Client, engine: _EngineDouble
) -> None:
    news = {"a": [1, {"b": Secret("s")}]}

    answer = client.call("Check", {"news": news}, urn="urn:x")

    assert answer.structs == {"inputs": news}
    assert engine.lines == [("looks odd", 2, False, "urn:x"), ("looking", 1, True, "urn:x")]


def test_the_plugin_tells_its_version(client: _Client) -> None:
    assert client.call("GetPluginInfo").fields.version == "1.2.3"


def test_a_handshake_accepts_secrets(client: _Client, engine: _EngineDouble) -> None:
    answer = client.call("Handshake", engine_address=engine.address).fields

    assert (answer.accept_secrets, answer.accept_outputs) == (True, False)
    assert answer.supports_autonaming_configuration


def test_a_partial_failure_carries_the_object_and_the_reasons(client: _Client) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.call("Create", {"properties": {}})

    error: Any = caught.value
    metadata = dict(error.trailing_metadata())
    status = metadata["grpc-status-details-bin"]
    from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

    detail = provider_pb2.ErrorResourceInitFailed()
    parsed = Status.FromString(status)
    assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, "not ready")
    assert (parsed.code, parsed.message) == (2, "not ready")
    assert parsed.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons), dict(detail.inputs)) == ("a/b", ["r1", "r2"], {"i": 1.0})


def test_a_refusal_is_the_message_and_nothing_else(client: _Client) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.call("Read")

    error: Any = caught.value
    assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, "no such thing")


def test_a_defect_is_one_line_for_the_user_and_a_trace_in_the_log(client: _Client, tmp_path: Path) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.call("Delete", urn="urn:x")

    error: Any = caught.value
    log = (tmp_path / "calls.log").read_text()
    assert re.fullmatch(
        r"the plugin has a defect: ZeroDivisionError in Delete at <string>:\d+", error.details()
    )
    assert "ZeroDivisionError: division by zero" in log
    assert re.search(r"Delete \d+\.\d ms DEFECT urn:x", log)


def test_an_rpc_that_is_not_served_is_unimplemented(client: _Client) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.call("Parameterize")

    error: Any = caught.value
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_cancel_ends_a_wait_within_a_second(client: _Client) -> None:
    waiting = client.future("Update")
    client.call("Check", {"news": {}})
    begin = time.monotonic()

    client.call("Cancel")

    assert waiting.exception(timeout=5).details() == "cancelled"
    assert time.monotonic() - begin < 1.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_plugin_at_once_even_in_a_call(client: _Client, number: int) -> None:
    waiting = client.future("Update")
    client.call("Check", {"news": {}})
    begin = time.monotonic()

    client.process.send_signal(number)

    assert client.process.wait(5) == 0
    assert time.monotonic() - begin < 1.0
    assert waiting.exception(timeout=5) is not None


def test_standard_output_has_the_port_and_nothing_else(client: _Client) -> None:
    client.call("Check", {"news": {}})
    client.process.send_signal(signal.SIGINT)
    assert client.process.stdout is not None

    assert client.process.stdout.read() == ""


def test_a_plugin_does_not_outlive_the_engine_that_started_it() -> None:
    launcher = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    engine = subprocess.Popen(
        [sys.executable, "-c", launcher, _PROGRAM, str(_ROOT)], stdout=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    plugin = int(engine.stdout.readline())

    engine.kill()
    engine.wait()
    engine.stdout.close()

    deadline = time.monotonic() + 5
    while Path(f"/proc/{plugin}").exists() and _state(plugin) != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{plugin}").exists() or _state(plugin) == "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"
