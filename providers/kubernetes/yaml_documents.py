"""YAML as Kubernetes' own tools read it: 1.1 booleans, several documents, lists in documents."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import yaml
import yaml.scanner

from providers.kubeclient.documents import Object, told
from providers.rpc import RpcError

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_LOADER):  # type: ignore[valid-type, misc]
    """The C loader with Kubernetes' tastes: a date stays the text it is in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))
_Loader.add_constructor(
    "tag:yaml.org,2002:bool", lambda loader, node: node.value.lower() in {"y", "yes", "true", "on"}
)


def load(text: str) -> list[Object]:
    """Return the objects in a text, those without a kind left out.

    Raises:
        RpcError: The text is not YAML.
    """
    try:
        documents: list[Any] = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise RpcError(f"error converting YAML to JSON: {told(error)}") from error
    return [
        _as_json(document) for document in documents if isinstance(document, dict) and document.get("kind")
    ]


def _as_json(value: Any) -> Any:
    """Give mappings the keys that JSON can have: `on: 1` is `{"true": 1}`, as with Kubernetes' own tools."""
    if isinstance(value, dict):
        return {_key(key): _as_json(item) for key, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key)
