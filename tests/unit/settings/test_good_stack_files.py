"""Every file in good/ and every real stack file becomes the expected value, whoever reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.settings.load import from_pulumi_config, load, load_stack_file
from components.settings.model import (
    Amounts,
    ExistingSettings,
    KindSettings,
    KServeOptions,
    MinikubeSettings,
    MnistExample,
    ModelService,
    Mount,
    Node,
    PlatformSettings,
    PortMapping,
    Ports,
    Quota,
    Resources,
    Settings,
    StorageSettings,
)
from components.settings.namespaces import normal_key
from components.settings.plain import Plain, decode
from components.settings.stack_file import read_stack_file
from tests.unit.settings.eks_stacks import EKS_DEV, EKS_IN_FULL, EKS_PROD
from tests.unit.settings.handed_over import handed_over

HERE = Path(__file__).parent
STACKS = Path(__file__).parents[3] / "stacks"
KIND = KindSettings(provider="kind")
IMAGE_CLASSIFIER = "gs://kfserving-examples/models/torchserve/image_classifier/v1"

GOOD = {
    "the-shortest-stack-there-is": Settings(cluster=KIND),
    "everything-about-eks-is-written-out": EKS_IN_FULL,
    "everything-about-kind-is-written-out": Settings(
        cluster=KindSettings(
            provider="kind",
            kubernetes_version="1.33.4",
            images="pull",
            nodes=(
                Node(role="control-plane"),
                Node(role="worker", labels={"example.org/pool": "gpu", "disk": "1"}),
            ),
            ports=Ports(ingress=9080, api_server=16443),
            port_mappings=(PortMapping(host_port=9090, container_port=30090),),
            mounts=(Mount(host_path="/srv/models", container_path="/models", read_only=True),),
            registry_mirrors={"docker.io": ("https://mirror.example.org", "http://127.0.0.1:5000")},
        ),
        platform=PlatformSettings(
            ingress_class="kourier",
            domain="models.example.org",
            resource_profile="local",
            runtimes=("kserve-torchserve", "kserve-sklearnserver"),
            quota=Quota(pods=20, gpus=2),
            kserve=KServeOptions(
                predictor_resources=Resources(
                    requests=Amounts(cpu="10m", memory="512Mi"), limits=Amounts(cpu="1", memory="2Gi")
                ),
                storage_initializer_resources=Resources(limits=Amounts(memory="4Gi")),
            ),
        ),
        storage=StorageSettings(size="20Gi", storage_class="fast.ssd"),
        services={
            "torchserve": MnistExample(
                example="mnist",
                min_replicas=0,
                max_replicas=5,
                target=10,
                container_concurrency=20,
                cold_start="accepted",
            ),
            "iris": ModelService(
                model_format="sklearn",
                storage_uri="gs://kfserving-examples/models/sklearn/1.0/model",
                runtime="kserve-sklearnserver",
                runtime_version="v0.20.0",
                protocol_version="v2",
                timeout=30,
                resources=Resources(requests=Amounts(cpu="0.5", memory="1Gi")),
            ),
        },
    ),
    "amounts-may-be-numbers": Settings(
        cluster=ExistingSettings(provider="existing", context="prod"),
        services={
            "digits": ModelService(
                model_format="pytorch",
                storage_uri="pvc://models/mnist",
                gpu=1,
                resources=Resources(
                    requests=Amounts(cpu="2", memory="1073741824"), limits=Amounts(cpu="2", memory="1.5G")
                ),
            )
        },
    ),
    "the-engine-keeps-its-own-keys": Settings(cluster=KIND),
    "keys-may-lack-the-project": Settings(
        cluster=KindSettings(provider="kind", images="build"), storage=StorageSettings(size="2Gi")
    ),
    "a-section-may-be-json-text": Settings(cluster=KindSettings(provider="kind", ports=Ports(ingress=9000))),
    "mappings-may-be-merged-and-no-is-a-word": Settings(
        cluster=KindSettings(
            provider="kind",
            nodes=(
                Node(role="control-plane", labels={"backup": "no", "shift": "on"}),
                Node(role="worker", labels={"backup": "no", "shift": "6"}),
            ),
        )
    ),
}

REAL = {
    "local": Settings(
        cluster=KIND,
        platform=PlatformSettings(resource_profile="local"),
        services={"torchserve": MnistExample(example="mnist")},
    ),
    "existing": Settings(
        cluster=ExistingSettings(provider="existing", context="my-cluster"),
        platform=PlatformSettings(domain="models.example.org"),
        services={
            "torchserve": ModelService(
                model_format="pytorch",
                storage_uri=IMAGE_CLASSIFIER,
                runtime="kserve-torchserve",
                runtime_version="0.9.0",
                resources=Resources(requests=Amounts(cpu="1", memory="2Gi"), limits=Amounts(memory="2Gi")),
                min_replicas=0,
                cold_start="accepted",
                max_replicas=3,
            )
        },
    ),
    "minikube": Settings(
        cluster=MinikubeSettings(provider="minikube", memory_gib=8),
        platform=PlatformSettings(resource_profile="local"),
        services={"torchserve": ModelService(model_format="pytorch", storage_uri=IMAGE_CLASSIFIER)},
    ),
    "eks-dev": EKS_DEV,
    "eks-prod": EKS_PROD,
}

FILES = {HERE / "good" / f"{name}.yaml": settings for name, settings in GOOD.items()} | {
    STACKS / f"Pulumi.{name}.yaml": settings for name, settings in REAL.items()
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_good_stack_file_becomes_the_expected_value(path: Path) -> None:
    assert load_stack_file(path) == FILES[path]


def test_every_good_and_every_real_stack_file_is_expected() -> None:
    there = {*(HERE / "good").glob("*.yaml"), *STACKS.glob("Pulumi.*.yaml")}

    assert there == set(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_engines_form_of_a_stack_file_becomes_the_same_value(path: Path) -> None:
    assert load(from_pulumi_config(handed_over(path))) == FILES[path]


def test_values_are_read_from_yaml_as_the_real_engine_reads_them() -> None:
    """The JSON is what engine 3.250.0 handed to a program for the file beside it."""
    handed = json.loads((HERE / "engine" / "every-way-to-write-a-value.json").read_text())
    config = read_stack_file(HERE / "engine" / "every-way-to-write-a-value.yaml").config
    ours, engines = Plain(), Plain()

    read = {normal_key(key): ours.convert(value, (normal_key(key),)) for key, value in config.items()}
    told = {key: engines.convert(decode(value), (key,)) for key, value in handed.items()}

    assert read.pop("kserve-platform:storage") is True
    assert told.pop("kserve-platform:storage") == "true"
    assert json.dumps(read, sort_keys=True) == json.dumps(told, sort_keys=True)
    assert [problem.key for problem in ours.problems] == [problem.key for problem in engines.problems]


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    settings = load_stack_file(STACKS / "Pulumi.local.yaml")

    with pytest.raises(ValueError, match="frozen"):
        settings.platform.domain = "example.org"  # type: ignore[misc]
