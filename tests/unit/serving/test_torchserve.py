from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import PlatformError
from components.serving.torchserve import ServedModel, TorchServeConfig

_MODELS = {"mnist": ServedModel("mnist.mar")}


def _refusal(**fields: Any) -> str:
    with pytest.raises(PlatformError) as refused:
        TorchServeConfig(**{"models": _MODELS, **fields}).render()
    return str(refused.value)


def _lines(config: TorchServeConfig) -> dict[str, str]:
    return dict(line.split("=", 1) for line in config.render().splitlines())


def test_the_file_has_the_keys_of_kserves_model_stores() -> None:
    lines = _lines(TorchServeConfig(models=_MODELS))

    assert {key: value for key, value in lines.items() if key != "model_snapshot"} == {
        "inference_address": "http://0.0.0.0:8085",
        "management_address": "http://0.0.0.0:8085",
        "metrics_address": "http://0.0.0.0:8082",
        "grpc_inference_port": "7070",
        "grpc_management_port": "7071",
        "enable_metrics_api": "true",
        "metrics_format": "prometheus",
        "metrics_mode": "prometheus",
        "number_of_netty_threads": "4",
        "job_queue_size": "100",
        "enable_envvars_config": "true",
        "install_py_dep_per_model": "false",
        "model_store": "/mnt/models/model-store",
    }


def test_the_snapshot_is_json_on_one_line_that_counts_its_models() -> None:
    models = {
        "a": ServedModel("a.mar", version="2.0", min_workers=1, max_workers=2),
        "b": ServedModel("b.mar"),
    }

    snapshot = json.loads(_lines(TorchServeConfig(models=models))["model_snapshot"])

    assert snapshot["name"] == "startup.cfg"
    assert snapshot["modelCount"] == 2
    assert snapshot["models"]["a"] == {
        "2.0": {
            "defaultVersion": True,
            "marName": "a.mar",
            "minWorkers": 1,
            "maxWorkers": 2,
            "batchSize": 1,
            "maxBatchDelay": 100,
            "responseTimeout": 120,
        }
    }


def test_the_old_envelope_key_is_not_written() -> None:
    assert "service_envelope" not in TorchServeConfig(models=_MODELS).render()


def test_a_port_that_kserves_server_listens_on_is_refused() -> None:
    assert _refusal(inference_port=8080, management_port=8085) == (
        "inference_port: is taken in the same pod\n"
        "  seen: 8080\n"
        "  why:  KServe's server answers REST requests there\n"
        "  do:   choose another, like 8085"
    )


@pytest.mark.parametrize("port", [0, 80, 1023, 65536, -1])
def test_a_port_that_its_user_cannot_open_is_refused(port: int) -> None:
    assert _refusal(metrics_port=port) == (
        "metrics_port: is not a port that TorchServe can open\n"
        f"  seen: {port}\n"
        "  why:  it runs as a user without privileges: from 1024 to 65535\n"
        "  do:   choose another, like 8085"
    )


def test_two_uses_of_one_port_are_refused() -> None:
    assert _refusal(grpc_management_port=7070) == (
        "grpc_management_port: is also grpc_inference_port\n"
        "  seen: 7070\n"
        "  why:  only inference and management share a port\n"
        "  do:   choose another"
    )


def test_inference_and_management_may_share_a_port() -> None:
    assert (
        "management_address=http://0.0.0.0:9000"
        in TorchServeConfig(models=_MODELS, inference_port=9000, management_port=9000).render()
    )


def test_a_store_without_models_is_refused() -> None:
    assert _refusal(models={}) == (
        "models: there is no model\n"
        "  why:  KServe's server is ready only when a model is loaded\n"
        "  do:   name at least one archive of the model store"
    )


@pytest.mark.parametrize("archive", ["mnist", "mnist.zip", "sub/mnist.mar"])
def test_what_is_no_archive_in_the_store_is_refused(archive: str) -> None:
    assert _refusal(models={"mnist": ServedModel(archive)}) == (
        "models.mnist.archive: is not the file name of an archive\n"
        f"  seen: {archive}\n"
        "  why:  TorchServe looks for *.mar directly in /mnt/models/model-store\n"
        "  do:   write it like mnist.mar"
    )


def test_fewer_workers_at_most_than_at_least_are_refused() -> None:
    assert _refusal(models={"m": ServedModel("m.mar", min_workers=3, max_workers=2)}) == (
        "models.m.max_workers: is less than min_workers\n"
        "  seen: 2\n"
        "  why:  min_workers is 3\n"
        "  do:   write 3 or more"
    )


def test_a_batch_whose_other_requests_would_not_be_answered_is_refused() -> None:
    assert _refusal(models={"m": ServedModel("m.mar", batch_size=4)}) == (
        "models.m.batch_size: is more than one\n"
        "  seen: 4\n"
        "  why:  KServe's v1 envelope in TorchServe answers only the first request of a batch\n"
        "  do:   write 1, and raise max_workers to serve more requests at once"
    )


def test_every_mistake_is_told_at_once() -> None:
    models = {"m": ServedModel("m.mar", min_workers=0, max_workers=0, batch_size=0, max_batch_delay=-1)}

    with pytest.raises(PlatformError) as refused:
        TorchServeConfig(models=models, netty_threads=0, metrics_port=8081).render()

    assert [problem.key for problem in refused.value.problems] == [
        "metrics_port",
        "netty_threads",
        "models.m.min_workers",
        "models.m.batch_size",
        "models.m.max_batch_delay",
    ]


@given(ports=st.lists(st.integers(1024, 65535), min_size=5, max_size=5))
def test_whatever_is_rendered_has_no_port_twice_and_none_of_kserves(ports: list[int]) -> None:
    names = (
        "inference_port",
        "management_port",
        "metrics_port",
        "grpc_inference_port",
        "grpc_management_port",
    )
    config = TorchServeConfig(models=_MODELS, **dict(zip(names, ports, strict=True)))  # type: ignore[arg-type]

    try:
        lines = _lines(config)
    except PlatformError:
        assert len(set(ports)) < 5 or {8080, 8081} & set(ports)
    else:
        assert str(ports[2]) == lines["metrics_address"].rpartition(":")[2]
        assert not {8080, 8081} & set(ports)
        assert len({*ports[1:]}) == 4
