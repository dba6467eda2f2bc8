"""The plugin as a process: quick to start, small, silent but for its port, gone at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from providers.rpc.envelope import Envelope, Message
from providers.rpc.protos import provider_pb2
from tests.unit.kubernetes_provider.apidouble import ApiDouble

_PLUGIN = Path(__file__).parents[3] / "providers" / "standin" / "pulumi-resource-kubernetes"
_METHODS = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name


class _Plugin:
    def __init__(self) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [_PLUGIN], stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path}
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.seconds = time.monotonic() - begin
        self.channel = grpc.insecure_channel(f"127.0.0.1:{int(self.line)}")

    def call(self, name: str, structs: dict[str, Any] | None = None, **fields: Any) -> Message:
        request, answer = Envelope(_METHODS[name].input_type), Envelope(_METHODS[name].output_type)
        call = self.channel.unary_unary(
            f"/pulumirpc.ResourceProvider/{name}",
            request_serializer=request.encode,
            response_deserializer=answer.decode,
        )
        result: Message = call(Message(request.type(**fields), structs or {}), timeout=20)
        return result

    def processor_seconds(self) -> float:
        """Seconds of processor time so far: wall time says more of the machine's load than of us."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def plugin() -> Iterator[_Plugin]:
    started = _Plugin()
    yield started
    started.close()


def test_it_is_up_after_less_than_half_a_second_of_work(plugin: _Plugin) -> None:
    assert plugin.processor_seconds() < 0.4
    assert plugin.line.strip().isdigit()


def test_two_hundred_objects_fit_into_eighty_megabytes(plugin: _Plugin, api: ApiDouble) -> None:
    variables = {"kubernetes:config:kubeconfig": api.kubeconfig()}
    plugin.call("Configure", variables=variables)
    for number in range(200):
        meta = {"name": f"m{number}", "namespace": "n"}
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v" * 1000}}
        urn = f"urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::m{number}"
        inputs = plugin.call("Check", {"news": obj}, urn=urn).structs["inputs"]
        assert plugin.call("Create", {"properties": inputs}, urn=urn).fields.id == f"n/m{number}"

    assert len(api.objects) == 200
    assert plugin.megabytes() < 80


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(number: int, plugin: _Plugin) -> None:
    begin = time.monotonic()

    plugin.process.send_signal(number)

    assert plugin.process.wait(5) == 0
    assert time.monotonic() - begin < 1.0
    assert plugin.process.stdout is not None
    assert plugin.process.stdout.read() == ""


def test_it_tells_its_version_without_serving() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "providers.kubernetes", "--version"],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
    )  # fmt: skip

    version, about = ended.stdout.splitlines()
    assert version.startswith("kubernetes 4.")
    assert about.startswith("a stand-in for the official plugin: ")


def test_an_environment_without_its_packages_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "grpc.py").write_text("raise ImportError('No module named grpc')")

    ended = subprocess.run(
        [sys.executable, str(_PLUGIN)],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "pulumi-resource-kubernetes: No module named grpc; put the project's Python environment first on "
        "PATH\n"
    )
