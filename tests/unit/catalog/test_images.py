from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.images import IMAGES, buildable_reference, full_repository, images_of
from components.catalog.modules import MODULES
from components.catalog.recipes import CoreDns, EnvoyProxy, GoProgram, NodeImage


def test_every_reference_is_full_and_has_a_version_tag() -> None:
    bad = [
        image.reference
        for image in IMAGES
        if full_repository(image.reference) != image.reference.rpartition(":")[0]
        or image.reference.endswith(":latest")
    ]

    assert bad == []


def test_no_reference_has_two_recipes() -> None:
    references = [image.reference for image in IMAGES]

    assert len(references) == len(set(references))


def test_every_recipe_builds_from_a_pinned_module() -> None:
    modules = set()
    for image in IMAGES:
        match image.recipe:
            case GoProgram(module=module) | CoreDns(module=module) | NodeImage(kind=module):
                modules.add(module)
            case EnvoyProxy(agent=agent):
                modules.add(agent.module)
            case _:
                pass

    assert modules <= set(MODULES)


def test_every_program_runs_as_a_numeric_user() -> None:
    users = {image.recipe.user for image in IMAGES if isinstance(image.recipe, GoProgram)}

    assert users == {"65532:65532", "1000:1000", "1337:1337", "0:0"}


@pytest.mark.parametrize(
    ("written", "built"),
    [
        (
            "gcr.io/knative-releases/knative.dev/serving/cmd/queue@sha256:" + "4" * 64,
            "gcr.io/knative-releases/knative.dev/serving/cmd/queue:v1.21.1",
        ),
        (
            "gcr.io/knative-releases/knative.dev/serving/cmd/queue:v9.9.9@sha256:" + "4" * 64,
            "gcr.io/knative-releases/knative.dev/serving/cmd/queue:v1.21.1",
        ),
        ("kserve/agent:v0.20.0", "docker.io/kserve/agent:v0.20.0"),
        ("docker.io/kserve/agent:v0.20.0", "docker.io/kserve/agent:v0.20.0"),
        ("kserve/agent:v0.19.0", "kserve/agent:v0.19.0"),
        ("pytorch/torchserve-kfs:0.9.0", "pytorch/torchserve-kfs:0.9.0"),
        ("example.org/else@sha256:" + "0" * 64, "example.org/else@sha256:" + "0" * 64),
        ("busybox", "busybox"),
    ],
)
def test_a_reference_that_can_be_built_gets_the_tables_tag(written: str, built: str) -> None:
    assert buildable_reference(written) == built


@pytest.mark.parametrize(
    ("written", "repository"),
    [
        ("busybox", "docker.io/library/busybox"),
        ("kserve/agent:v1", "docker.io/kserve/agent"),
        ("localhost/a:1", "localhost/a"),
        ("registry.example.org:5000/a/b:1", "registry.example.org:5000/a/b"),
        ("quay.io/a/b@sha256:" + "a" * 64, "quay.io/a/b"),
    ],
)
def test_a_repository_is_named_in_full(written: str, repository: str) -> None:
    assert full_repository(written) == repository


def test_what_is_no_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="not an image reference: a@sha256:12"):
        full_repository("a@sha256:12")


@given(st.sampled_from(IMAGES))
def test_a_built_reference_stands_for_itself(image: object) -> None:
    reference = image.reference  # type: ignore[attr-defined]

    assert buildable_reference(reference) == reference


def test_images_of_manifests_come_once_and_in_the_tables_order() -> None:
    found = images_of(
        ["kserve/agent:v0.20.0", "docker.io/istio/pilot:1.29.1", "kserve/agent:v0.20.0", "busybox"]
    )

    assert [image.reference for image in found] == [
        "docker.io/istio/pilot:1.29.1",
        "docker.io/kserve/agent:v0.20.0",
    ]
