"""Check: what the program gave becomes the inputs that the state will hold, or a refusal in preview."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from providers.kubernetes import pulumi_annotations
from providers.kubernetes.naming import Autonaming, named
from providers.kubernetes.normalise import DASHED, normalise, rename_keys, unknown_fields
from providers.kubernetes.objects import WAIT_FOR, Object, Urn, annotations_of, is_list, is_patch, kind_of
from providers.kubernetes.operations.session import Session, id_of
from providers.kubernetes.secrecy import conceal_object
from providers.kubernetes.waiting.waitfor import WaitForError
from providers.rpc import RpcError, Unknown, has_unknowns, reveal

_LIST: Final = (
    "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created "
    "directly. "
    "Use the underlying resource type instead"
)
_HOOK: Final = "helm.sh/hook"
_HOOKS: Final = (
    "this object is a hook of a Helm chart: it is created with the others and not at the hook's moment, nor "
    "deleted after it; to say so no more, set suppressHelmHookWarnings on the provider"
)
_INSTALL: Final = "install the official Kubernetes plugin (pulumi plugin install resource kubernetes)"
REFUSED: Final = {
    "kubernetes:helm.sh/v3:Release": "helm.v3.Release drives the Helm library, which this stand-in for "
    "the official "
    f"Kubernetes plugin does not have: use helm.v3.Chart, which renders the same chart, or {_INSTALL}",
    "kubernetes:helm.sh/v4:Chart": "helm.v4.Chart is not supported by this stand-in for the official "
    "Kubernetes "
    f"plugin: use helm.v3.Chart, or {_INSTALL}",
    "kubernetes:kustomize:Directory": "kustomize is not supported by this stand-in for the official "
    "Kubernetes "
    f"plugin: render it (kubectl kustomize) and use yaml.v2.ConfigFile, or {_INSTALL}",
    "kubernetes:kustomize/v2:Directory": "kustomize is not supported by this stand-in for the official "
    "Kubernetes "
    f"plugin: render it (kubectl kustomize) and use yaml.v2.ConfigFile, or {_INSTALL}",
}
"""Resource types that are refused by name: why, and what to do instead (R5)."""


def check(
    session: Session, urn: Urn, news: Object, olds: Object | None, seed: bytes, autonaming: Autonaming
) -> Object:
    """Return the checked inputs of a resource.

    Raises:
        RpcError: The resource cannot be had; the text says why and what to do.
    """
    if urn.type in REFUSED:
        raise RpcError(REFUSED[urn.type])
    if session.settings.skip_update_unreachable and not session.cluster.answers():
        return olds or {}
    marked = rename_keys(news, DASHED)
    plain: Object = reveal(marked)
    api_version, kind = kind_of(plain)
    if is_list(urn, api_version, kind):
        raise RpcError(_LIST)
    meta = plain.get("metadata") or {}
    if isinstance(meta, dict) and meta.get("generateName") and not meta.get("name"):
        raise RpcError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
    if is_patch(urn, kind):
        if isinstance(meta, dict) and not meta.get("name"):
            raise RpcError("patch resources require the `.metadata.name` field to be set")
    else:
        plain = named(plain, reveal(olds) if olds else None, urn.name, seed, autonaming)
    _refuse_bad_demands(session, plain)
    for text in _suspicions(session, plain):
        session.engine.warning(text, urn.text)
    plain = with_namespace(session, normalise(plain))
    if kind == "CustomResourceDefinition":
        session.cluster.remember_definition(plain)
    return conceal_object(plain, marked)


def _suspicions(session: Session, plain: Object) -> Iterator[str]:
    """What will not do what it seems to."""
    for path in unknown_fields(plain):
        yield (
            f'unknown field "{path}": {kind_of(plain)[1]} has no such field, so it is left out; look for a '
            "typing error"
        )
    yield from pulumi_annotations.warnings(plain)
    if not session.settings.quiet_hooks and any(key.startswith(_HOOK) for key in annotations_of(plain)):
        yield _HOOKS


def _refuse_bad_demands(session: Session, plain: Object) -> None:
    """Say in preview, not halfway through an update, that what to wait for cannot be read."""
    if has_unknowns(annotations_of(plain)):
        return
    try:
        session.rule(plain)
    except WaitForError as error:
        raise RpcError(f"the annotation {WAIT_FOR} of {kind_of(plain)[1]} {id_of(plain)}: {error}") from error


def with_namespace(session: Session, obj: Object) -> Object:
    """Return the object with the provider's namespace, if its kind has one and it names none."""
    api_version, kind = kind_of(obj)
    meta = obj.get("metadata")
    if isinstance(meta, Unknown) or (isinstance(meta, dict) and meta.get("namespace")):
        return obj
    namespace = session.cluster.default_namespace
    if namespace is None or not api_version or not session.cluster.namespaced(api_version, kind):
        return obj
    return {**obj, "metadata": {**(meta or {}), "namespace": namespace}}
