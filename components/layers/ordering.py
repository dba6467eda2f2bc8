"""In which order the objects of one layer are created, and who else writes to them. Pure decisions."""

from __future__ import annotations

from collections.abc import Mapping

from components.layers.objects import Manifest

NAMESPACES, FOUNDATION, WORKLOADS, ADMISSION = range(4)


def phase(manifest: Manifest) -> int:
    """When an object is created among those of its layer.

    Namespaces first. Then everything that pods read or run as, and custom resources: those are created before
    their own webhook is registered, which could not answer yet. Then workloads, and beside them webhooks.
    """
    match manifest["kind"]:
        case "Namespace":
            return NAMESPACES
        case "DaemonSet" | "Deployment" | "Job":
            return WORKLOADS
        case "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration":
            return ADMISSION
        case _:
            return FOUNDATION


WAITS_FOR: Mapping[int, tuple[int, ...]] = {
    NAMESPACES: (),
    FOUNDATION: (NAMESPACES,),
    WORKLOADS: (NAMESPACES, FOUNDATION),
    ADMISSION: (NAMESPACES, FOUNDATION),
}
"""The phases whose objects must be there before an object of a phase is created."""

FOREIGN_FIELDS: Mapping[tuple[str, str], str] = {
    # Knative's webhook writes the kinds that its binary knows, in its own order.
    ("MutatingWebhookConfiguration", "webhook.serving.knative.dev"): "webhooks[*].rules",
    ("ValidatingWebhookConfiguration", "validation.webhook.serving.knative.dev"): "webhooks[*].rules",
    # istiod turns Ignore into Fail once its webhook answers.
    ("ValidatingWebhookConfiguration", "istio-validator-istio-system"): "webhooks[*].failurePolicy",
    ("ValidatingWebhookConfiguration", "istiod-default-validator"): "webhooks[*].failurePolicy",
}
"""Fields of upstream's manifests that another controller overwrites, by (kind, name).

A refresh must not report them, nor `up` reset them. CA bundles are not here: no manifest sets one, so nobody
compares them.
"""


def foreign_fields(manifest: Manifest) -> list[str]:
    """What `ignore_changes` must name for an object."""
    field = FOREIGN_FIELDS.get((manifest["kind"], manifest["metadata"]["name"]))
    return [field] if field else []


def shared_with_controller(manifest: Manifest) -> Manifest:
    """Let our fields win when we write an object that its controller writes too.

    A server-side apply would otherwise be refused for ever after: the controller owns what it overwrote.
    """
    if not foreign_fields(manifest):
        return manifest
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), "pulumi.com/patchForce": "true"}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
