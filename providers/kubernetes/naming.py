"""Names that the provider makes up: of objects that the program leaves unnamed, and of field managers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from providers.kubernetes.objects import AUTONAMED, PATCH_FIELD_MANAGER, Object, annotations_of, metadata_of
from providers.rpc import RpcError

_DIGITS: Final = 8


@dataclass(frozen=True)
class Autonaming:
    """What the engine was told about names: PROPOSE and ENFORCE give one, DISABLE wants the program to."""

    mode: str = ""
    proposed: str = ""


def named(obj: Object, olds: Object | None, urn_name: str, seed: bytes, autonaming: Autonaming) -> Object:
    """Return the object with a name, if it has none: the old one, the engine's proposal, or one made up (S5).

    A name made up comes from the engine's seed, so that preview and update agree.

    Raises:
        RpcError: The object has no name and the engine was told not to make one up.
    """
    meta = obj.get("metadata", {})
    if not isinstance(meta, dict) or meta.get("name"):
        return obj
    if olds is not None:
        if annotations_of(olds).get(AUTONAMED) != "true":
            return obj  # the engine asks again, without olds, for the object that replaces the named one
        return _with_name(obj, str(metadata_of(olds).get("name") or ""))
    if autonaming.mode == "DISABLE":
        raise RpcError("autonaming is disabled, resource requires the .metadata.name field to be set")
    if autonaming.proposed:
        return _with_name(obj, autonaming.proposed)
    return _with_name(obj, f"{urn_name}-{_digits(seed)}")


def _with_name(obj: Object, name: str) -> Object:
    meta = dict(obj.get("metadata") or {})
    meta["name"] = name
    noted = meta.get("annotations")
    meta["annotations"] = {**(noted if isinstance(noted, dict) else {}), AUTONAMED: "true"}
    return {**obj, "metadata": meta}


def _digits(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()[:_DIGITS] if seed else secrets.token_hex(_DIGITS // 2)


def field_manager(inputs: Mapping[str, Any], kept: str | None) -> str:
    """Return the name under which the object's fields are ours: chosen by annotation, kept, or new (S6)."""
    chosen = annotations_of(inputs).get(PATCH_FIELD_MANAGER)
    return str(chosen or kept or f"pulumi-kubernetes-{secrets.token_hex(_DIGITS // 2)}")
