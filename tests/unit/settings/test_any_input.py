"""Whatever comes in: settings or a refusal come out, nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.settings.load import SettingsError, from_pulumi_config, load, load_stack_file
from components.settings.model import Settings
from components.settings.parse import SECTIONS

HERE = Path(__file__).parent
SAMPLES = sorted([*(HERE / "good").glob("*.yaml"), *(HERE / "bad").glob("*.yaml")])

WORDS = st.sampled_from(
    [
        *("provider", "kind", "existing", "eks", "nodes", "role", "labels", "ports", "ingress", "apiServer"),
        *("mode", "standard", "runtimes", "services", "example", "mnist", "modelFormat", "pytorch", "gpu"),
        *("storageUri", "minReplicas", "resources", "requests", "cpu", "memory", "secure"),
    ]
)


def _mappings(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(WORDS | st.text(max_size=10), inner, max_size=5)


# No deadline: others may have the machine. The one fixture in use is a folder whose file is written anew.
at_leisure = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | _mappings(inner), max_leaves=20)


def _refused_or_read(config: dict[str, Any]) -> Settings | SettingsError:
    try:
        return load(config)
    except SettingsError as error:
        refusal = error
    assert refusal.problems
    assert all(problem.what and problem.key for problem in refusal.problems)
    return refusal


@at_leisure
@given(st.fixed_dictionaries({}, optional={f"kserve-platform:{section}": JSON for section in SECTIONS}))
def test_arbitrary_values_are_settings_or_refused(config: dict[str, Any]) -> None:
    assert isinstance(_refused_or_read(config), Settings | SettingsError)


@at_leisure
@given(st.dictionaries(st.text(max_size=30), JSON, max_size=4))
def test_arbitrary_keys_are_settings_or_refused(config: dict[str, Any]) -> None:
    assert isinstance(_refused_or_read(config), Settings | SettingsError)


@at_leisure
@given(st.sampled_from(["kind", "existing", "minikube", "eks"]), _mappings(JSON))
def test_an_arbitrary_cluster_is_read_or_refused(provider: str, keys: dict[str, Any]) -> None:
    config = {"kserve-platform:cluster": {**keys, "provider": provider}}

    assert isinstance(_refused_or_read(config), Settings | SettingsError)


@at_leisure
@given(st.dictionaries(st.text(max_size=12), _mappings(JSON), max_size=3))
def test_arbitrary_services_are_read_or_refused(services: dict[str, Any]) -> None:
    config = {"kserve-platform:cluster": {"provider": "kind"}, "kserve-platform:services": services}

    assert isinstance(_refused_or_read(config), Settings | SettingsError)


@at_leisure
@given(st.dictionaries(st.sampled_from([f"kserve-platform:{section}" for section in SECTIONS]), st.text()))
def test_arbitrary_text_from_the_engine_is_read_or_refused(config: dict[str, str]) -> None:
    assert isinstance(_refused_or_read(from_pulumi_config(config)), Settings | SettingsError)


@at_leisure
@given(st.fixed_dictionaries({f"kserve-platform:{section}": _mappings(JSON) for section in SECTIONS}))
def test_both_forms_of_the_same_values_end_alike(config: dict[str, Any]) -> None:
    # What JSON cannot carry (infinite numbers, lone surrogates) never comes from the engine either.
    plain = json.loads(json.dumps(config, ensure_ascii=True), parse_constant=lambda _: 0)
    handed = {key: json.dumps(value) for key, value in plain.items()}

    assert _outcome(plain) == _outcome(from_pulumi_config(handed))


def _outcome(config: dict[str, Any]) -> object:
    outcome = _refused_or_read(config)
    if isinstance(outcome, Settings):
        return outcome
    return [(problem.key, problem.what) for problem in outcome.problems]


@at_leisure
@given(data=st.data())
def test_a_stack_file_damaged_anywhere_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    content = data.draw(st.sampled_from(SAMPLES)).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 20)))
    file = tmp_path / "Pulumi.damaged.yaml"
    file.write_bytes(content[:start] + data.draw(st.binary(max_size=8)) + content[end:])

    try:
        read: Settings | SettingsError = load_stack_file(file)
    except SettingsError as refusal:
        read = refusal

    assert isinstance(read, Settings | SettingsError)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", (1, 2)])
def test_values_that_no_file_can_hold_are_refused(value: object) -> None:
    refusal = _refused_or_read({"kserve-platform:cluster": {"provider": "kind", "images": value}})

    assert str(refusal).startswith("kserve-platform:cluster.images: is not a plain value\n")
