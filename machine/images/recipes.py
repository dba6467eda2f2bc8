"""From a recipe of the catalog to the plan of an image."""

from __future__ import annotations

from components.catalog.images import Image
from components.catalog.recipes import (
    CoreDns,
    EnvoyProxy,
    GoProgram,
    Kubernetes,
    MnistModel,
    NodeImage,
    Pause,
    TorchServe,
)
from machine.images.istio import envoy_proxy
from machine.images.kubernetes import kubernetes
from machine.images.mnist import mnist_model
from machine.images.node import node
from machine.images.plan import ImagePlan
from machine.images.programs import core_dns, go_program, pause
from machine.images.torchserve import torchserve


def plan_image(image: Image) -> ImagePlan:
    """What an image consists of and how it starts.

    Raises:
        PlatformError: Its recipe names a version that is not pinned.
    """
    reference = image.reference
    match image.recipe:
        case GoProgram() as recipe:
            return go_program(reference, recipe)
        case EnvoyProxy() as recipe:
            return envoy_proxy(reference, recipe)
        case Kubernetes() as recipe:
            return kubernetes(reference, recipe)
        case CoreDns() as recipe:
            return core_dns(reference, recipe)
        case Pause() as recipe:
            return pause(reference, recipe)
        case NodeImage() as recipe:
            return node(reference, recipe)
        case TorchServe() as recipe:
            return torchserve(reference, recipe)
        case MnistModel() as recipe:
            return mnist_model(reference, recipe)
