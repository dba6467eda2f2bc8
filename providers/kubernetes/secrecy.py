"""Which parts of an object are secret, carried over from the inputs to whatever is made of them (S13)."""

from __future__ import annotations

from typing import Any

from providers.kubernetes.objects import Object, kind_of
from providers.rpc import Output, Secret
from providers.rpc.values import has_secrets


def conceal(plain: Any, marked: Any) -> Any:
    """Return `plain` with the marks of `marked`, key by key; one secret in a list marks the whole list."""
    if isinstance(marked, Secret) or (isinstance(marked, Output) and marked.secret):
        return plain if isinstance(plain, Secret) else Secret(plain)
    if isinstance(plain, dict) and isinstance(marked, dict):
        return {key: conceal(item, marked[key]) if key in marked else item for key, item in plain.items()}
    if isinstance(plain, list) and isinstance(marked, list) and has_secrets(marked):
        return Secret(plain)
    return plain


def conceal_object(plain: Object, marked: Any) -> Object:
    """Return an object with the marks of its inputs; what a Secret holds is secret whoever says otherwise."""
    result: Object = conceal(plain, marked)
    api_version, kind = kind_of(plain)
    if (api_version, kind) == ("v1", "Secret"):
        for key in ("data", "stringData"):
            if result.get(key) is not None:
                result[key] = conceal(plain[key], Secret(None))
    return result
