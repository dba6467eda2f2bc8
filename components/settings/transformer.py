"""A service's transformer: one's own code between those who ask and the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from components.settings.base import Model
from components.settings.container_text import ImageReference, VariableName
from components.settings.resources import Resources
from components.settings.text import Word


class Transformer(Model):
    """A container of one's own in front of the model, e.g. a tokenizer.

    It runs on machines without GPUs, scales for itself, gets every request first and every answer last.
    KServe tells it the model's name and host and its own port (--model_name, --predictor_host, --http_port).
    """

    image: ImageReference
    """Its image, with its registry and a tag or digest. It must not run as root."""

    command: tuple[Word, ...] = ()
    """Program and arguments in place of the image's entry point, e.g. [python, -m, tokenizer]."""

    args: tuple[Word, ...] = ()
    """Arguments before those of KServe, e.g. [--predictor_protocol=v2]."""

    env: Mapping[VariableName, str] = {}
    """Environment by name. Not for secrets: a stack file is plain text."""

    resources: Resources = Resources()
    """What its container asks for and may use at most. Absent parts come from the platform's defaults."""

    min_replicas: Annotated[int, Field(ge=0)] = 1
    """Fewest pods. Zero (knative mode): none while nobody asks."""

    max_replicas: Annotated[int, Field(ge=1)] | None = None
    """Most pods. Absent: three, or minReplicas where that is more."""
