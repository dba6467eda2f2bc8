"""A service's transformer as KServe's object has it. Pure.

Facts: pkg/apis/serving/v1beta1/transformer_custom.go and transformer.go of kserve v0.20.0: the container is
called kserve-container whatever one writes, and gets --model_name, --predictor_host and --http_port behind
its own arguments; its server answers `/` once it is up (kserve's Python SDK,
python/kserve/kserve/protocol/rest).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.serving.growth import most_pods
from components.settings.resources import Resources
from components.settings.transformer import Transformer

CONTAINER = "kserve-container"
PORT = 8080


@dataclass(frozen=True)
class Sized:
    """A transformer and what its container gets.

    Attributes:
        settings: What the stack file says of it.
        resources: Requests and limits, nothing of the platform's defaults left open.
    """

    settings: Transformer
    resources: Resources


def transformer_spec(
    transformer: Sized, *, timeout: int | None = None, account: str | None = None
) -> dict[str, Any]:
    """The transformer of an InferenceService.

    Args:
        transformer: The transformer.
        timeout: Seconds that a request may take; None for Knative's own.
        account: Service account of its pods.
    """
    settings = transformer.settings
    container: dict[str, Any] = {"name": CONTAINER, "image": settings.image}
    if settings.command:
        container["command"] = list(settings.command)
    if settings.args:
        container["args"] = list(settings.args)
    if settings.env:
        container["env"] = [{"name": name, "value": value} for name, value in settings.env.items()]
    amounts = {
        kind: values
        for kind in ("requests", "limits")
        if (values := getattr(transformer.resources, kind).model_dump(exclude_none=True))
    }
    if amounts:
        container["resources"] = amounts
    container |= {
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    spec: dict[str, Any] = {
        "containers": [container],
        "minReplicas": settings.min_replicas,
        "maxReplicas": most_pods(settings.min_replicas, settings.max_replicas),
    }
    if timeout is not None:
        spec["timeout"] = timeout
    if account is not None:
        spec["serviceAccountName"] = account
    return spec
