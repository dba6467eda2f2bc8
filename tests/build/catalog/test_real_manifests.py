"""The catalog against the pinned modules themselves: what upstream's files really hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.catalog import entries, fleet, modules
from components.catalog.hygiene import identity
from components.catalog.images import EXAMPLE_LOADED, IMAGES, buildable_reference
from components.catalog.references import references_in
from components.catalog.render import Rendered, Renderer
from components.catalog.sources import RenderTools
from components.layers import istio as istio_layer
from components.layers.edits import apply_edits
from components.layers.knative import configuration_of
from components.layers.kserve import split
from components.layers.kserve_config import InferenceServiceConfig
from components.layers.layer import Profile, profile_edits
from components.layers.objects import arguments, resource_class
from components.layers.ordering import FOREIGN_FIELDS
from components.layers.platform import configuration
from components.serving.inference_service import Predictor, manifest
from components.settings.load import load
from components.settings.runtimes import ALL_RUNTIMES
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import render_tools

pytestmark = pytest.mark.build

_LOCAL = Profile(built=True, small=True)


@pytest.fixture(scope="module")
def tools() -> RenderTools:
    return render_tools(Cache.default(), Silent())


@pytest.fixture(scope="module")
def rendered(tools: RenderTools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rendered]:
    return Renderer(tmp_path_factory.mktemp("cache"), tools).render_all(entries.COMPONENTS)


def _everything(rendered: Mapping[str, Rendered]) -> list[dict[str, Any]]:
    return [manifest for each in rendered.values() for manifest in each.objects]


def test_all_runtimes_of_kserve_are_there_under_the_names_that_settings_know(
    rendered: Mapping[str, Rendered],
) -> None:
    names = {manifest["metadata"]["name"] for manifest in rendered["kserve-runtimes"].objects}

    assert names == set(ALL_RUNTIMES)
    assert len(names) == 14


def test_runtimes_have_the_images_of_upstreams_own_release(
    rendered: Mapping[str, Rendered], tools: RenderTools
) -> None:
    release = tools.module(modules.KSERVE) / "install/v0.20.0/kserve-cluster-resources.yaml"
    upstream = {
        document["metadata"]["name"]: references_in([document])
        for document in yaml.load_all(release.read_text(), yaml.CSafeLoader)
        if document["kind"] == "ClusterServingRuntime"
    }
    ours = {m["metadata"]["name"]: references_in([m]) for m in rendered["kserve-runtimes"].objects}

    assert {name: [i.removeprefix("docker.io/") for i in images] for name, images in ours.items()} == {
        name: [i.removeprefix("docker.io/") for i in images] for name, images in upstream.items()
    }


def test_no_image_moves(rendered: Mapping[str, Rendered]) -> None:
    moving = [i for i in references_in(_everything(rendered)) if "latest" in i or not {"@", ":"} & set(i)]

    assert moving == []
    assert ":latest" not in json.dumps(_everything(rendered))


def test_every_crd_set_has_its_crds(rendered: Mapping[str, Rendered]) -> None:
    counts = {name: len(each.crds.names) for name, each in rendered.items() if each.crds}

    assert counts == {
        "cert-manager": 6,
        "gateway-api": 6,
        "istio": 14,
        "karpenter": 5,
        "knative-serving": 12,
        "kserve": 6,
        "node-feature-discovery": 3,
    }


def test_every_object_has_a_class_and_none_is_there_twice(rendered: Mapping[str, Rendered]) -> None:
    everything = _everything(rendered)

    assert all(resource_class(manifest) and arguments(manifest) for manifest in everything)
    assert len({identity(manifest) for manifest in everything}) == len(everything)


def test_no_object_is_left_without_the_namespace_it_belongs_to(rendered: Mapping[str, Rendered]) -> None:
    cluster_kinds = {"ClusterRole", "ClusterRoleBinding", "ClusterServingRuntime", "ClusterStorageContainer"}
    cluster_kinds |= {
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "Namespace",
        "APIService",
    }
    homeless = [
        identity(manifest)
        for manifest in _everything(rendered)
        if manifest["kind"] not in cluster_kinds and "namespace" not in manifest["metadata"]
    ]

    assert homeless == []


def test_every_image_of_the_local_platform_can_be_built(rendered: Mapping[str, Rendered]) -> None:
    pulled_only = {"knative-istio", "knative-kourier", "kserve-runtimes"}
    pulled_only |= {component.name for component in fleet.COMPONENTS}
    known = {image.reference for image in IMAGES}
    local = [each for name, each in rendered.items() if name not in pulled_only]
    references = references_in(m for each in local for m in each.objects)

    missing = [i for i in references if buildable_reference(i) not in known]

    # Downloads models that are not on a claim; settings refuse those where images are built.
    assert missing == ["docker.io/kserve/storage-initializer:v0.20.0"]


def test_the_local_profile_asks_for_less_than_half_a_core(rendered: Mapping[str, Rendered]) -> None:
    requests = [
        container["resources"]["requests"]["cpu"]
        for manifest in apply_edits(_everything(rendered), *profile_edits(_LOCAL))
        if manifest["kind"] == "Deployment"
        for container in manifest["spec"]["template"]["spec"]["containers"]
    ]

    assert set(requests) == {"10m"}
    assert len(requests) < 30


def test_fields_of_other_controllers_are_those_of_objects_that_exist(
    rendered: Mapping[str, Rendered],
) -> None:
    found = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in _everything(rendered)}

    assert set(FOREIGN_FIELDS) <= found


def test_what_is_left_of_istios_templates_is_small(rendered: Mapping[str, Rendered]) -> None:
    (templates,) = [
        manifest
        for manifest in apply_edits(rendered["istio"].objects, *istio_layer.NO_SIDECARS)
        if manifest["metadata"]["name"] == "istio-sidecar-injector"
    ]

    assert len(json.dumps(templates)) < 25_000
    assert "gateway.networking.k8s.io/gateway-name" in templates["data"]["config"]


def test_kserves_configuration_keeps_every_key_of_upstreams(rendered: Mapping[str, Rendered]) -> None:
    settings = load({"kserve-platform:cluster": {"provider": "kind"}})
    upstream = split(rendered["kserve"].objects).config["data"]
    config: InferenceServiceConfig = configuration(settings)

    told = config.lay_over(upstream)

    assert set(told) == set(upstream)
    assert json.loads(told["deploy"]) == {"defaultDeploymentMode": "Knative"}
    assert json.loads(told["agent"])["image"] == "docker.io/kserve/agent:v0.20.0"


def test_rendering_again_gives_the_same_bytes(
    rendered: Mapping[str, Rendered], tools: RenderTools, tmp_path: Path
) -> None:
    again = Renderer(tmp_path, tools).render_all(entries.COMPONENTS)

    assert {name: each.crds for name, each in again.items()} == {n: e.crds for n, e in rendered.items()}
    assert {name: each.objects for name, each in again.items()} == {n: e.objects for n, e in rendered.items()}


def test_knative_asks_no_registry_about_what_is_loaded_into_nodes(tools: RenderTools) -> None:
    """Beside pulled images its own default says so; else no Revision of such an image would be made."""
    file = tools.module(modules.KNATIVE_SERVING) / "config/core/configmaps/deployment.yaml"
    defaults = yaml.safe_load(yaml.safe_load(file.read_text())["data"]["_example"])
    profile = Profile(built=False, small=True)
    told = configuration_of("example.com", "gateway-api", gpu=False, profile=profile)
    server, _ = EXAMPLE_LOADED

    assert "registries-skipping-tag-resolving" not in told["config-deployment"]
    assert server.reference.partition("/")[0] in defaults["registries-skipping-tag-resolving"].split(",")


def test_an_inference_service_may_name_an_image_in_place_of_its_runtimes(tools: RenderTools) -> None:
    """Where the field was not in the schema the API server would drop it, and upstream's image run."""
    module = tools.module(modules.KSERVE)
    (crd,) = (
        document
        for path in (module / "config/crd/full").glob("*inferenceservices.yaml")
        for document in yaml.load_all(path.read_text(), yaml.CSafeLoader)
    )
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    model = schema["spec"]["properties"]["predictor"]["properties"]["model"]["properties"]
    named = manifest("a", "n", Predictor("pytorch", "pvc://c", loaded_image="kind.local/a:1"))

    assert named["spec"]["predictor"]["model"].keys() <= model.keys()
