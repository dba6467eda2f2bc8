"""Small facts about Kubernetes objects and the resources of the engine that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from providers.kubeclient import documents
from providers.kubernetes import schema
from providers.rpc import Output, Secret, reveal

Object = documents.Object
"""A Kubernetes object, or any JSON object, without marks."""

INPUTS: Final = "__inputs"
INITIAL_API_VERSION: Final = "__initialApiVersion"
FIELD_MANAGER: Final = "__fieldManager"
AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
WAIT_FOR: Final = "pulumi.com/waitFor"
PATCH_FORCE: Final = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"


class Urn(NamedTuple):
    """The parts of an engine resource's name that matter here."""

    text: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Take a URN apart: `urn:pulumi:STACK::PROJECT::[PARENT$...]TYPE::NAME`."""
        parts = text.split("::", 3)
        if len(parts) < 4:
            return cls(text, "", "")
        return cls(text, parts[2].rsplit("$", 1)[-1], parts[3])

    @property
    def kind(self) -> str:
        """The last part of the type: `ConfigMap`, `ConfigMapPatch`."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def api_version(self) -> str:
        """What the type says of the API version: `kubernetes:core/v1:Pod` is `v1`."""
        found = self.type.split(":")[1] if self.type.count(":") >= 2 else ""
        return found.removeprefix("core/")


class ObjectId(NamedTuple):
    """What the engine calls an object's id: `namespace/name`, or the name of a cluster-scoped one."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ObjectId:
        namespace, _, name = text.rpartition("/")
        return cls(namespace, name)

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> ObjectId:
        meta = metadata_of(obj)
        return cls(meta.get("namespace") or "", meta.get("name") or "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def metadata_of(obj: Mapping[str, Any]) -> Object:
    """The metadata of an object; empty where there is none, or none that is known."""
    found = reveal(obj.get("metadata"))
    return found if isinstance(found, dict) else {}


def annotations_of(obj: Mapping[str, Any]) -> Object:
    """The annotations of an object; empty where there are none."""
    found = metadata_of(obj).get("annotations")
    return found if isinstance(found, dict) else {}


def has_flag(obj: Mapping[str, Any], annotation: str) -> bool:
    """Whether an annotation says true."""
    return str(annotations_of(obj).get(annotation, "")).lower() == "true"


def kind_of(obj: Mapping[str, Any]) -> tuple[str, str]:
    """The API version and kind of an object, empty where not given."""
    return str(reveal(obj.get("apiVersion")) or ""), str(reveal(obj.get("kind")) or "")


def is_patch(urn: Urn, kind: str) -> bool:
    """Whether a resource is a Patch kind: it manages some fields of an object that is not its own."""
    return urn.kind.endswith("Patch") and urn.kind != kind


def is_list(urn: Urn, api_version: str, kind: str) -> bool:
    """Whether a resource is a list of objects; a custom kind may end in List and be none (S5, 4b)."""
    if kind == "List" and api_version == "v1":
        return True
    return kind.endswith("List") and schema.built_in(api_version, kind.removesuffix("List")) is not None


def selected(value: Any) -> Any:
    """The value behind a mark: what a secret or an output holds."""
    return value.value if isinstance(value, (Secret, Output)) else value
