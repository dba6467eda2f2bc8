"""The life of a pod: ready only when loaded, gone within ten seconds, never half alive."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from command.digits import held_out_sample
from tests.build.torchserve.pod import Answer, Pod, running

pytestmark = pytest.mark.build

PREDICT = "/v1/models/mnist:predict"
PORT_TAKEN = (
    "config.properties: inference_address: port 8080 is where this server listens for HTTP; "
    "KServe's model stores use 8085"
)
NO_SNAPSHOT = (
    "config.properties: model_snapshot: not a snapshot with models (JSONDecodeError('Expecting value: line 1 "
    "column 1 (char 0)')); it names the models to load, as JSON on one line"
)
NO_STORE = (
    "/mnt/models/config/config.properties cannot be read ([Errno 2] No such file or directory: "
    "'/mnt/models/config/config.properties'); a model store has config/config.properties "
    "and model-store/*.mar"
)


def ended(pod: Pod, seconds: float = 60) -> int:
    return pod.process.wait(seconds)


def test_its_port_opens_only_when_the_model_answers(
    root: Path, store: Path, model: Path, tmp_path: Path
) -> None:
    sample = held_out_sample(model)
    with running(root, store, tmp_path / "log") as pod:
        refused = 0
        deadline = time.monotonic() + 90
        answer: Answer | None = None
        while answer is None:
            assert time.monotonic() < deadline, pod.words
            time.sleep(0.02)
            if not pod.is_reachable:
                continue
            try:
                answer = pod.ask("POST", PREDICT, sample.v1.encode())
            except ConnectionRefusedError:
                refused += 1
        assert refused > 0
        assert (answer.status, answer.body) == (200, {"predictions": [sample.digit]})


def test_it_is_gone_within_ten_seconds_of_sigterm_and_answers_what_it_had_begun(
    root: Path, store: Path, model: Path, tmp_path: Path
) -> None:
    body = held_out_sample(model).v1.encode()
    with running(root, store, tmp_path / "log") as pod:
        pod.wait_ready()
        answers: list[int] = []
        lost: list[str] = []
        asked = threading.Event()

        def client() -> None:
            for _ in range(10_000):
                try:
                    answers.append(pod.ask("POST", "/v1/models/mnist:explain", body).status)
                except ConnectionRefusedError:
                    return  # the port is closed: no new requests, as it should be
                except OSError as error:
                    lost.append(type(error).__name__)
                asked.set()

        clients = [threading.Thread(target=client) for _ in range(4)]
        for one in clients:
            one.start()
        assert asked.wait(30)
        family = pod.named("")
        status, seconds = pod.terminate()
        for one in clients:
            one.join()
        assert status == 0
        assert seconds < 10
        assert set(answers) == {200}
        assert len(lost) <= len(clients)  # one that was still in the closing port's queue, for each
        assert len(family) >= 4
        assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []


def test_a_test_that_ends_leaves_nothing_of_its_pod(root: Path, store: Path, tmp_path: Path) -> None:
    with running(root, store, tmp_path / "log") as pod:
        pod.wait_ready()
        family = pod.named("")
    deadline = time.monotonic() + 20
    while left := [pid for pid in family if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    assert len(family) >= 4


def test_it_stops_at_once_while_the_model_still_loads(root: Path, store: Path, tmp_path: Path) -> None:
    with running(root, store, tmp_path / "log") as pod:
        deadline = time.monotonic() + 60
        while not pod.named("org.pytorch.serve.ModelServer"):
            assert time.monotonic() < deadline, pod.words
            time.sleep(0.01)
        status, seconds = pod.terminate()
        assert status == 0
        assert seconds < 10
        assert "kserve-server ready" not in pod.words


def test_it_ends_with_an_error_when_torchserve_dies(root: Path, store: Path, tmp_path: Path) -> None:
    with running(root, store, tmp_path / "log") as pod:
        pod.wait_ready()
        (java,) = pod.named("org.pytorch.serve.ModelServer")
        os.kill(java, signal.SIGKILL)
        assert ended(pod) == 1
        assert "kserve-server lost: TorchServe ended with status -9\n" in pod.words


def test_a_worker_that_dies_is_replaced_and_the_pod_lives(
    root: Path, store: Path, model: Path, tmp_path: Path
) -> None:
    sample = held_out_sample(model)
    with running(root, store, tmp_path / "log") as pod:
        pod.wait_ready()
        (worker,) = pod.named("model_service_worker.py")
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while (answer := pod.ask("POST", PREDICT, sample.v1.encode())).status != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.05)
        assert answer.body == {"predictions": [sample.digit]}
        assert pod.process.poll() is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "inference_address=http://0.0.0.0:8085",
            "inference_address=http://0.0.0.0:8080",
            PORT_TAKEN,
        ),
        ('"mnist":', '"other":', "lost"),
        (
            "model_snapshot=",
            "snapshot=",
            NO_SNAPSHOT,
        ),
    ],
    ids=["a taken port", "another name", "no snapshot"],
)
def test_a_store_that_cannot_be_served_is_told(
    root: Path, store: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    broken = tmp_path / "store"
    shutil.copytree(store, broken)
    broken.chmod(0o755)
    config = broken / "config" / "config.properties"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    with running(root, broken, tmp_path / "log") as pod:
        if message == "lost":
            pod.wait_ready()
            assert pod.ask("GET", "/v1/models").body == {"models": ["other"]}
        else:
            assert ended(pod) == 2
            assert pod.words == f"kserve-server refused: {message}\n"


def test_an_empty_store_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with running(root, tmp_path / "store", tmp_path / "log") as pod:
        assert ended(pod) == 2
        assert pod.words == f"kserve-server refused: {NO_STORE}\n"


def test_arguments_that_start_no_server_are_told(root: Path, store: Path, tmp_path: Path) -> None:
    with running(root, store, tmp_path / "log", arguments=["torchserve", "--stop"]) as pod:
        assert ended(pod) == 2
        assert pod.words == "kserve-server refused: container arguments: unrecognized arguments: --stop\n"
