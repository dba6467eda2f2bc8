"""Rules that speak only when asked: what is not built yet, and what cannot be built on this machine."""

from __future__ import annotations

import pytest

from components.errors import Problem
from components.settings.load import SettingsError, load
from components.settings.model import (
    EksSettings,
    KindSettings,
    MinikubeSettings,
    MnistExample,
    ModelService,
    NodeGroup,
    PlatformSettings,
    Settings,
)
from components.settings.rules.building import problems_when_built
from components.settings.unbuilt import refuse_unbuilt, unbuilt

KIND = KindSettings(provider="kind")
INSTEAD = "use kind, eks, or existing for a cluster made elsewhere"
EKS = EksSettings(
    provider="eks",
    region="eu-west-1",
    zones=("eu-west-1a", "eu-west-1b"),
    kubernetes_version="1.35",
    node_groups={"system": NodeGroup(instance_types=("m7i.xlarge",), min_size=1, max_size=2)},
)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (Settings(cluster=KIND), []),
        (
            Settings(cluster=MinikubeSettings(provider="minikube")),
            [f"kserve-platform:cluster.provider: minikube is not built yet: {INSTEAD}"],
        ),
        (Settings(cluster=EKS), []),
        (
            Settings(
                cluster=MinikubeSettings(provider="minikube"), platform=PlatformSettings(mode="standard")
            ),
            [
                f"kserve-platform:cluster.provider: minikube is not built yet: {INSTEAD}",
                "kserve-platform:platform.mode: standard mode is not built yet: use knative",
            ],
        ),
    ],
)
def test_what_is_not_built_yet_is_told_in_one_line_each(settings: Settings, lines: list[str]) -> None:
    assert [str(problem) for problem in unbuilt(settings)] == lines


def test_a_stack_that_is_not_built_yet_is_refused() -> None:
    with pytest.raises(SettingsError) as refused:
        refuse_unbuilt(Settings(cluster=KIND, platform=PlatformSettings(mode="standard")))

    assert str(refused.value) == "kserve-platform:platform.mode: standard mode is not built yet: use knative"


def test_a_stack_that_can_be_had_is_let_through() -> None:
    settings = Settings(cluster=KIND, services={"torchserve": MnistExample(example="mnist")})

    refuse_unbuilt(settings)

    assert problems_when_built(settings) == ()


def test_automatic_images_are_judged_only_once_it_shows_that_they_are_built() -> None:
    service = ModelService(model_format="onnx", storage_uri="pvc://models/onnx")
    settings = load(
        {
            "kserve-platform:cluster": {"provider": "kind", "kubernetesVersion": "1.33.4"},
            "kserve-platform:services": {"onnx": {"modelFormat": "onnx", "storageUri": "pvc://models/onnx"}},
        }
    )

    assert settings.services == {"onnx": service}
    assert problems_when_built(settings) == (
        Problem(
            what="cannot be built here",
            why="the sources that are pinned are those of 1.34.4",
            fix='write "1.34.4", or set kserve-platform:cluster.images to pull',
            key="kserve-platform:cluster.kubernetesVersion",
            seen="1.33.4",
        ),
        Problem(
            what="needs an image that cannot be built here",
            why=(
                "every runtime for onnx is a server that comes from a registry only; "
                "kserve-torchserve can be built"
            ),
            fix="set kserve-platform:cluster.images to pull, or serve a pytorch model",
            key="kserve-platform:services.onnx.modelFormat",
            seen="onnx",
        ),
    )
