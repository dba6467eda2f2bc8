"""Functions that the SDK calls: decoding YAML, rendering a chart. Others are refused by name (R5)."""

from __future__ import annotations

from typing import Any, Final

from providers.kubernetes import schema, yaml_documents
from providers.kubernetes.objects import Object, kind_of
from providers.kubernetes.operations.session import Session
from providers.rpc import RpcError, reveal

_KUSTOMIZE: Final = (
    "kustomize is not supported by this stand-in for the official Kubernetes plugin: render the directory "
    "(kubectl kustomize) and use yaml.v2.ConfigFile, or install the official plugin"
)


def invoke(token: str, args: Object, session: Session | None) -> Object:
    """Call a function.

    Raises:
        RpcError: There is no such function, or it failed.
    """
    plain: dict[str, Any] = reveal(args)
    if token == "kubernetes:yaml:decode":  # noqa: S105  a token of the engine is a function's name
        return {"result": decode(str(plain.get("text") or ""), plain.get("defaultNamespace") or "", session)}
    if token == "kubernetes:helm:template":  # noqa: S105
        from providers.kubernetes.helm import template

        return {"result": template(plain, session)}
    if token == "kubernetes:kustomize:directory":  # noqa: S105
        raise RpcError(_KUSTOMIZE)
    raise RpcError(
        f"the function {token} is not supported by this stand-in for the official Kubernetes plugin"
    )


def decode(text: str, namespace: str, session: Session | None) -> list[Object]:
    """Return the objects of a YAML text, with a namespace where they want and lack one."""
    return [in_namespace(obj, namespace, session) for obj in yaml_documents.load(text)]


def in_namespace(obj: Object, namespace: str, session: Session | None) -> Object:
    """Return an object with the namespace, if its kind has one and it names none."""
    meta = obj.get("metadata") or {}
    if not namespace or not isinstance(meta, dict) or meta.get("namespace"):
        return obj
    api_version, kind = kind_of(obj)
    if kind == "List" or kind.endswith("List"):
        return obj
    known = schema.built_in(api_version, kind)
    if known is not None:
        namespaced = known.namespaced
    else:
        namespaced = session is None or session.cluster.namespaced(api_version, kind)
    return {**obj, "metadata": {**meta, "namespace": namespace}} if namespaced else obj
