"""From the catalog's recipes to plans: what is shared, who runs it, what it is made of."""

from __future__ import annotations

import re

import pytest

from components.catalog import modules
from components.catalog.images import CONTROL_PLANE, IMAGES, NODE, PLATFORM
from components.catalog.recipes import CoreDns, EnvoyProxy, Kubernetes
from components.errors import PlatformError
from machine.images.istio import envoy_proxy
from machine.images.kubernetes import kubernetes
from machine.images.plan import ImagePlan
from machine.images.programs import core_dns
from machine.images.recipes import plan_image

PLANS = {image.reference: plan_image(image) for image in IMAGES}


def plan(part: str) -> ImagePlan:
    (found,) = [each for reference, each in PLANS.items() if part in reference]
    return found


def test_every_image_of_the_catalog_has_layers_and_a_program_to_start() -> None:
    assert [
        reference for reference, each in PLANS.items() if not each.layers or not each.run.entrypoint
    ] == []


def test_users_are_numbers_because_the_kubelet_checks_numbers() -> None:
    users = {reference: each.run.user for reference, each in PLANS.items()}

    assert [name for name, user in users.items() if user and not re.fullmatch(r"\d+:\d+", user)] == []


@pytest.mark.parametrize(
    "part", ["kserve-controller", "serving/cmd/activator", "cert-manager-webhook", "istio/pilot"]
)
def test_what_pods_run_without_root_has_a_user_that_is_not_root(part: str) -> None:
    assert not plan(part).run.user.startswith("0")


def test_the_programs_of_kubernetes_are_one_layer_of_four_images_and_the_node() -> None:
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kindest/node")
    layers = [{layer.key for layer in plan(name).layers} for name in names]
    (shared,) = set.intersection(*layers)

    assert shared in {
        layer.key for layer in plan("kindest/node").layers if layer.words == "Kubernetes 1.34.4"
    }


def test_what_images_share_lies_lowest_so_that_it_is_unpacked_once() -> None:
    servers = [plan(name).layers for name in ("kube-apiserver", "kube-proxy")]

    assert [layer.key for layer in servers[0]] == [layer.key for layer in servers[1][:2]]


def test_every_image_of_go_programs_stands_on_the_same_base() -> None:
    bases = {plan_image(image).layers[0].key for image in PLATFORM}

    assert len(bases) == 1


def test_two_stacks_of_the_same_pins_want_the_same_layers() -> None:
    again = {image.reference: [layer.key for layer in plan_image(image).layers] for image in IMAGES}

    assert again == {reference: [layer.key for layer in each.layers] for reference, each in PLANS.items()}


def test_a_kubernetes_that_is_not_pinned_is_refused_with_the_one_that_is() -> None:
    with pytest.raises(PlatformError) as caught:
        kubernetes("registry.k8s.io/kube-apiserver:v1.30.0", Kubernetes("1.30.0", "kube-apiserver"))

    assert str(caught.value) == (
        "images of this Kubernetes version cannot be built\n"
        "  seen: 1.30.0\n"
        "  do:   Ask for 1.34.4, or let images be pulled."
    )


def test_an_envoy_without_a_known_checksum_is_refused() -> None:
    recipe = next(image.recipe for image in PLATFORM if isinstance(image.recipe, EnvoyProxy))

    with pytest.raises(PlatformError) as caught:
        envoy_proxy("docker.io/istio/proxyv2:1", EnvoyProxy(recipe.agent, "1.2.3"))

    assert str(caught.value) == "no checksum is known of this Envoy\n  seen: 1.2.3"


def test_coredns_runs_its_plugins_in_upstream_s_order_and_no_others() -> None:
    recipe = CoreDns(modules.COREDNS, plugins=("forward", "prometheus", "errors"))
    (target,) = core_dns("registry.k8s.io/coredns/coredns:v1", recipe).layers[1].targets
    imports, directives = (text for _, text in target.overlay)

    assert re.findall(r'^\t"(\w+)",$', directives, re.MULTILINE) == ["prometheus", "errors", "forward"]
    assert re.findall(r'/plugin/(\w+)"', imports) == ["errors", "forward", "metrics"]


def test_every_plugin_of_the_catalog_s_coredns_has_a_place_in_the_order() -> None:
    (recipe,) = [image.recipe for image in CONTROL_PLANE if isinstance(image.recipe, CoreDns)]
    (target,) = plan("coredns").layers[1].targets

    assert target.overlay[1][1].count('",\n') == len(recipe.plugins) > 5


def test_the_node_ends_by_systemd_s_own_signal() -> None:
    node = plan_image(NODE)

    assert (node.run.stop_signal, node.run.entrypoint) == (
        "SIGRTMIN+3",
        ("/usr/local/bin/entrypoint", "/sbin/init"),
    )


def test_torchserve_runs_as_the_user_whom_the_runtime_asks_for_by_number() -> None:
    image = plan("torchserve-kfs")

    assert (image.run.user, image.run.ports) == ("1000:1000", (8080, 8081, 8082))
    assert image.run.environment["JAVA_HOME"].startswith("/usr/lib/jvm/")


def test_an_edit_of_the_server_leaves_the_heavy_layers_of_torchserve_alone() -> None:
    words = [layer.words for layer in plan("torchserve-kfs").layers]

    assert words[0] == "PyTorch and Java of Debian"
    assert words[-2:] == ["KServe's protocol server", "bytecode of the server"]
