"""The image that puts the example's model on a volume: the archive, a shell, and a script."""

from __future__ import annotations

import sys

from components.catalog.recipes import MnistModel
from machine.images import layers, tree
from machine.images.base import base_layer, shell_layer
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.torchserve import model_layers
from machine.images.workshop import Workshop
from models.mnist import build

_HERE = sys.modules[__name__]
_PROGRAM = "/usr/local/bin/put-model"
_ARCHIVE = f"/model/{build.ARCHIVE}"

_SCRIPT = f"""#!/bin/sh
# put-model FOLDER SETTINGS: lay out a model store; readers see an old file or a new one, never half of one.
set -eu
put() {{
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.aside"
    cmp "$1" "$2.aside"
    mv "$2.aside" "$2"
}}
put {_ARCHIVE} "$1/model-store/{build.ARCHIVE}"
put "$2" "$1/config/config.properties"
sync
"""


def mnist_model(reference: str, recipe: MnistModel) -> ImagePlan:
    """The image that puts the digit classifier on a volume."""
    del recipe
    run = Run((_PROGRAM,), user="1000:1000")
    return ImagePlan(reference, (base_layer(), shell_layer(), _model()), run)


def _model() -> LayerPlan:
    below = model_layers()[:2]

    def make(workshop: Workshop) -> Made:
        # By content: layers that were made again with the same bytes train no other model.
        root_key = layers.layer_key(workshop.layer(plan).blob.digest for plan in below)
        with workshop.root(*below) as root, workshop.report.step("train the digit classifier") as note:
            folder = build.build_model(workshop.cache, root, root_key, note, workshop.npm)
        entries = [tree.file(_ARCHIVE, folder / build.ARCHIVE), tree.program(_PROGRAM, _SCRIPT)]
        return Made(entries, (f"kserve-platform/models/{build.NAME}@{build.VERSION}",))

    key = layers.layer_key([build.key(""), *(plan.key for plan in below), _SCRIPT], _HERE)
    return LayerPlan("the digit classifier", key, make, below=below, seconds=40)
