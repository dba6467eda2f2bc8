"""What the settings know of serving runtimes, against KServe's own manifests."""

from __future__ import annotations

import pytest

from components.catalog import entries
from components.settings.runtimes import RUNTIMES, Runtime
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer

pytestmark = pytest.mark.build


def test_formats_and_protocols_of_every_runtime_are_those_of_the_pinned_module() -> None:
    rendered = renderer(Cache.default(), Silent()).render(entries.KSERVE_RUNTIMES)
    upstream = {manifest["metadata"]["name"]: manifest["spec"] for manifest in rendered.objects}

    def formats(name: str, *, chosen: bool) -> tuple[str, ...]:
        found = (
            f["name"] for f in upstream[name]["supportedModelFormats"] if f.get("autoSelect", False) is chosen
        )
        return tuple(dict.fromkeys(found))

    assert {
        name: Runtime(
            chosen_for=formats(name, chosen=True),
            protocols=tuple(spec.get("protocolVersions", ())),
            asked_for=tuple(f for f in formats(name, chosen=False) if f not in formats(name, chosen=True)),
        )
        for name, spec in upstream.items()
    } == dict(RUNTIMES)
