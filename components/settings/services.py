"""`kserve-platform:services`: the InferenceServices of a stack, by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from components.settings.aws_text import GroupName
from components.settings.base import Model
from components.settings.resources import Resources
from components.settings.runtimes import Protocol, RuntimeName
from components.settings.text import Tag as ImageTag
from components.settings.text import Word
from components.settings.transformer import Transformer


class Scaled(Model):
    """How a predictor is sized and scaled, whatever it serves."""

    resources: Resources = Resources()
    """What the predictor's container asks for and may use at most. Absent parts come from the platform's
    defaults."""

    min_replicas: Annotated[int, Field(ge=0)] = 1
    """Fewest pods. Zero (knative mode) frees the machine when idle, and the next request waits for a pod."""

    max_replicas: Annotated[int, Field(ge=1)] | None = None
    """Most pods. Absent: three, or minReplicas where that is more."""

    cold_start: Literal["accepted"] | None = None
    """Says of a service with minReplicas 0 that its first request may wait for a machine, an image and a
    model. In production that is refused without it."""

    container_concurrency: Annotated[int, Field(ge=0)] = 0
    """Most requests in one pod at a time, the rest waits (knative mode, hard limit). Zero: no limit."""

    timeout: Annotated[int, Field(ge=1, le=600)] = 300
    """Seconds that a request may take, waiting for a pod included. More than 600 Knative refuses."""

    target: Annotated[int, Field(ge=1)] | None = None
    """Requests in flight per pod that the autoscaler aims at (knative mode, soft limit). Absent: Knative's
    own, 100."""


class ModelService(Scaled):
    """A model in storage, served by one of KServe's runtimes."""

    model_format: Word
    """Format of the model, e.g. pytorch or sklearn; it chooses the runtime unless `runtime` does."""

    storage_uri: Word
    """Where the model lies, e.g. pvc://claim/path or s3://bucket/path."""

    runtime: RuntimeName | None = None
    """Serving runtime by name. Absent: KServe takes the first that fits the format and protocol."""

    runtime_version: ImageTag | None = None
    """Image tag of the runtime, in quotes, e.g. "0.9.0-gpu". Absent: the runtime's own pin. Name one in
    production."""

    protocol_version: Protocol | None = None
    """Inference protocol. Absent: the runtime's first."""

    gpu: Annotated[int, Field(ge=0)] = 0
    """GPUs of each pod. Where they are shared or cut it is one share or part, and no more."""

    pool: GroupName | None = None
    """Group of machines (kserve-platform:cluster.nodeGroups) that its pods run on, and whose taints they
    tolerate. Absent: any without taints of its own, with GPUs if it asks for some and without if not."""

    transformer: Transformer | None = None
    """A container of one's own in front of the model. Absent: the model is asked directly."""


class MnistExample(Scaled):
    """The built-in example: TorchServe with a digit classifier that is trained on this machine."""

    example: Literal["mnist"]
    """Which example. Everything else of it (format, runtime, model store) is its own."""


def _form(value: Any) -> str:
    """Which of the two forms a service has: only an example has the key `example`."""
    if isinstance(value, dict):
        return "example" if "example" in value else "model"
    return "example" if isinstance(value, MnistExample) else "model"


Service = Annotated[
    Annotated[ModelService, Tag("model")] | Annotated[MnistExample, Tag("example")], Discriminator(_form)
]
