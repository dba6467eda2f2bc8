"""config.properties, as KServe's model stores carry it, and what is refused of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.serving.torchserve import ServedModel, TorchServeConfig
from servers.torchserve.problems import ConfigurationRefused
from servers.torchserve.properties import Model, ModelStore, model_store, parse

OWN = {8080: "HTTP", 8081: "gRPC"}
SNAPSHOT = json.dumps({"models": {"mnist": {"1.0": {"defaultVersion": True, "responseTimeout": 30}}}})
GOOD = {
    "inference_address": "http://0.0.0.0:8085",
    "management_address": "http://0.0.0.0:8085",
    "model_snapshot": SNAPSHOT,
}


def refusal(properties: dict[str, str]) -> str:
    with pytest.raises(ConfigurationRefused) as caught:
        model_store(properties, {}, OWN)
    return str(caught.value)


def test_the_file_that_the_program_generates_is_understood() -> None:
    config = TorchServeConfig(models={"mnist": ServedModel("mnist.mar", version="2.1", response_timeout=7)})
    store = model_store(parse(config.render()), {"TS_SERVICE_ENVELOPE": "kserve"}, OWN)
    assert store == ModelStore(
        inference="127.0.0.1:8085",
        management="127.0.0.1:8085",
        models=(Model("mnist", "2.1", 7),),
        envelope="kserve",
        max_request_size=6553500,
        jvm_arguments=(),
        model_store="/mnt/models/model-store",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", {"a": "1"}),
        ("a = 1 ", {"a": "1"}),
        ("a: 1", {"a": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=http://h:1", {"a": "http://h:1"}),
        ("# a=1\n! b=2\n\nc=3", {"c": "3"}),
        ("a=one,\\\n   two", {"a": "one,two"}),
        ("a=1\na=2", {"a": "2"}),
        ("flag", {"flag": ""}),
    ],
)
def test_properties_are_read_as_java_reads_them(text: str, expected: dict[str, str]) -> None:
    assert parse(text) == expected


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.from_regex(r"[ -~]{0,20}", fullmatch=True)
    )
)
def test_whatever_is_written_as_key_and_value_is_read_back(pairs: dict[str, str]) -> None:
    kept = {key: value.strip() for key, value in pairs.items() if not value.strip().endswith("\\")}
    assert parse("".join(f"{key}={value}\n" for key, value in kept.items())) == kept


def test_the_environment_wins_where_the_file_allows_it() -> None:
    told = {"TS_SERVICE_ENVELOPE": "kservev2", "TS_MAX_REQUEST_SIZE": "100"}
    file = {**GOOD, "service_envelope": "kserve"}
    allowed = model_store({**file, "enable_envvars_config": "true"}, told, OWN)
    ignored = model_store(file, told, OWN)
    assert (allowed.envelope, allowed.max_request_size) == ("kservev2", 100)
    assert (ignored.envelope, ignored.max_request_size) == ("kserve", 6553500)


def test_a_model_without_a_default_version_has_its_first() -> None:
    snapshot = json.dumps({"models": {"m": {"3": {}, "4": {"defaultVersion": True}}, "n": {"7": {}}}})
    store = model_store({**GOOD, "model_snapshot": snapshot}, {}, OWN)
    assert store.models == (Model("m", "4", 120), Model("n", "7", 120))


def test_options_for_the_java_machine_are_kept() -> None:
    assert model_store({**GOOD, "vmargs": "-Xmx1g -Xms1g"}, {}, OWN).jvm_arguments == ("-Xmx1g", "-Xms1g")


def test_a_host_that_is_not_every_host_is_kept() -> None:
    assert (
        model_store({**GOOD, "inference_address": "http://10.0.0.3:90"}, {}, OWN).inference == "10.0.0.3:90"
    )


def test_a_port_of_this_server_is_refused() -> None:
    assert refusal({**GOOD, "inference_address": "http://0.0.0.0:8080"}) == (
        "config.properties: inference_address: port 8080 is where this server listens for HTTP; "
        "KServe's model stores use 8085"
    )
    assert refusal({k: v for k, v in GOOD.items() if k != "management_address"}) == (
        "config.properties: management_address: port 8081 is where this server listens for gRPC; "
        "KServe's model stores use 8085"
    )


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8085", "https://0.0.0.0:8085", "http://0.0.0.0", "http://h:x", "unix:/tmp/ts", ""]
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    message = refusal({**GOOD, "inference_address": address or " "})
    assert message == (
        f"config.properties: inference_address: {address or ' '} is not an address of the form http://HOST:PORT"
    )


def test_a_size_that_is_no_number_is_refused() -> None:
    assert refusal({**GOOD, "max_request_size": "6MB"}) == (
        "config.properties: max_request_size: 6MB is not a number of bytes"
    )


@pytest.mark.parametrize("snapshot", ["", "{", "[]", "{}", '{"models": 3}', '{"models": {"m": {}}}'])
def test_a_snapshot_that_cannot_be_read_is_refused(snapshot: str) -> None:
    message = refusal({**GOOD, "model_snapshot": snapshot})
    assert message.startswith("config.properties: model_snapshot: not a snapshot with models (")
    assert message.endswith("); it names the models to load, as JSON on one line")


def test_a_snapshot_without_models_is_refused() -> None:
    assert refusal({**GOOD, "model_snapshot": '{"models": {}}'}) == (
        "config.properties: model_snapshot: names no model to load"
    )
