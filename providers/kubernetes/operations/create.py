"""Create: POST, wait, and remember; in preview a dry run (S7, S14, S15)."""

from __future__ import annotations

from typing import Final

from providers.kubeclient.client import ApiError, NoMatch, Unanswered, Unreachable
from providers.kubernetes.checkpoint import outputs_of, preview_of
from providers.kubernetes.naming import field_manager
from providers.kubernetes.objects import PATCH_FORCE, Object, Urn, has_flag, is_patch, kind_of
from providers.kubernetes.operations.session import (
    Session,
    explained,
    id_of,
    not_created,
    reasons_of,
    unreachable,
    wait_for_error,
)
from providers.kubernetes.waiting.waitfor import WaitForError
from providers.rpc import InitFailed, RpcError, has_unknowns, reveal

_RETRIES: Final = 5
_FIRST_PAUSE: Final = 0.5


def preview(session: Session, urn: Urn, inputs: Object, *, in_state: bool) -> Object:
    """Return the outputs that a create would have, as far as a dry run can tell.

    Args:
        session: The provider's means.
        urn: The resource.
        inputs: Its checked inputs.
        in_state: Whether the resource is in the state already, so that this previews a replacement and the
            old object may be in the way under the same name.

    Raises:
        RpcError: The API server would refuse the object.
    """
    plain: Object = reveal(inputs)
    if has_unknowns(plain) or is_patch(urn, kind_of(plain)[1]):
        return inputs
    manager = field_manager(plain, None)
    try:
        if session.settings.upsert:
            live = session.cluster.apply(plain, manager, force=True, dry_run=True)
        else:
            live = session.cluster.create(plain, dry_run=True)
    except Unreachable:
        return inputs
    except ApiError as error:
        if error.reason == "AlreadyExists":
            if in_state:
                return inputs
            raise _exists(urn, plain, error) from error
        if error.status in (403, 404) or "dry run" in error.message:
            return inputs
        raise not_created(urn, explained(error, manager)) from error
    return outputs_of(preview_of(live), inputs, manager)


def create(session: Session, urn: Urn, inputs: Object, timeout: float) -> tuple[str, Object]:
    """Create an object, wait until it is ready, and return its id and outputs.

    Raises:
        InitFailed: It was created but did not become ready; the state keeps it.
        RpcError: It was not created.
    """
    plain: Object = reveal(inputs)
    manager = field_manager(plain, None)
    patch = is_patch(urn, kind_of(plain)[1])
    try:
        session.rule(plain)
        live = _sent(session, urn, plain, manager, patch=patch)
        if kind_of(plain)[1] == "CustomResourceDefinition":
            session.cluster.forget_kinds()
        if patch:
            return id_of(live), outputs_of(live, inputs, manager)
        waited = session.wait(urn, live, plain, timeout)
    except WaitForError as error:
        raise wait_for_error(urn, error) from error
    except Unanswered as error:
        raise _unanswered(urn, plain, error) from error
    except Unreachable as error:
        raise unreachable(error) from error
    except ApiError as error:
        raise _refused(urn, plain, error, manager) from error
    outputs = outputs_of(waited.live or live, inputs, manager)
    if waited.failure is not None:
        message = (
            f'resource "{urn.text}" was successfully created, but the Kubernetes API server reported that it '
            f"failed to fully initialize or become live: {waited.failure}"
        )
        raise InitFailed(message, id=id_of(live), properties=outputs, reasons=reasons_of(message, waited))
    return id_of(live), outputs


def _sent(session: Session, urn: Urn, plain: Object, manager: str, *, patch: bool) -> Object:
    """Send the object; what it needs may be under way, so a missing kind or namespace is asked for again."""
    pause = _FIRST_PAUSE
    for attempt in range(_RETRIES + 1):
        try:
            if patch or session.settings.upsert:
                force = (
                    has_flag(plain, PATCH_FORCE) or session.settings.patch_force or session.settings.upsert
                )
                return session.cluster.apply(plain, manager, force=force)
            return session.cluster.create(plain)
        except ApiError as error:
            if error.status != 404 or attempt == _RETRIES or session.cancelled.is_set():
                raise
            session.engine.status(f"Retry #{attempt}; creation failed: {error.message}", urn.text)
            session.cluster.forget_kinds(kind_of(plain)[0])  # it may be served under another name by now
            session.cancelled.wait(pause)
            pause *= 2
    raise AssertionError("the loop returns or raises")


def _refused(urn: Urn, plain: Object, error: ApiError, manager: str) -> RpcError:
    if isinstance(error, NoMatch):
        api_version, kind = kind_of(plain)
        return RpcError(
            f'creation of resource "{urn.text}" with kind {api_version}/{kind} failed because the Kubernetes '
            "API server reported that the apiVersion for this resource does not exist. Verify that any "
            f"required CRDs have been created: {error.message}"
        )
    if error.reason == "AlreadyExists":
        return _exists(urn, plain, error)
    return not_created(urn, explained(error, manager))


def _unanswered(urn: Urn, plain: Object, error: Unanswered) -> RpcError:
    kind = kind_of(plain)[1]
    return RpcError(
        f'the answer to the creation of resource "{urn.text}" was lost ({error}): whether the {kind} '
        f"{id_of(plain)} was created is not known. Look for it, and delete or import it, before you run again"
    )


def _exists(urn: Urn, plain: Object, error: ApiError) -> RpcError:
    return not_created(
        urn,
        f"{error.message}\nTo manage the existing object, import it (pulumi import {urn.type} {urn.name} "
        f"{id_of(plain)}, or the import_ option), give yours another name, or delete the other",
    )
