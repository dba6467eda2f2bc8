"""Update: ownership folded, then a server-side apply, then the wait (S8); in preview a dry run (S14)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from providers.kubeclient.client import ApiError, NoMatch, Unreachable
from providers.kubernetes import ssa
from providers.kubernetes.checkpoint import State, outputs_of
from providers.kubernetes.naming import field_manager
from providers.kubernetes.objects import PATCH_FORCE, Object, Urn, has_flag, is_patch, kind_of, metadata_of
from providers.kubernetes.operations.session import (
    Session,
    explained,
    id_of,
    reasons_of,
    unreachable,
    wait_for_error,
)
from providers.kubernetes.secrecy import conceal_object
from providers.kubernetes.waiting.waitfor import WaitForError
from providers.rpc import InitFailed, RpcError, has_unknowns, reveal

_FOLDS: Final = 5
_CONFLICTS_WITH: Final = re.compile(r'conflicts? with "([^"]+)"( with subresource)?')


def preview(session: Session, urn: Urn, state: State, inputs: Object, ignored: Sequence[str]) -> Object:
    """Return the outputs that an update would have, as far as a dry run can tell.

    Raises:
        InitFailed: The API server would refuse it.
        RpcError: The object is gone.
    """
    plain: Object = reveal(inputs)
    if has_unknowns(plain):
        return inputs
    manager = field_manager(plain, state.field_manager)
    try:
        live = session.cluster.read(plain)
        wanted = ssa.keep_ignored(plain, live, ignored, manager)
        seen = _dry_run(session, wanted, live, manager)
    except Unreachable:
        return inputs
    except ApiError as error:
        if error.status == 403 or isinstance(error, NoMatch):
            return inputs
        if error.gone:
            raise _lost(urn, error) from error
        raise _rejected(plain, live, inputs, manager, state, error) from error
    return outputs_of(seen, conceal_object(wanted, inputs), manager, state.initial_api_version)


def update(
    session: Session, urn: Urn, state: State, inputs: Object, ignored: Sequence[str], timeout: float
) -> Object:
    """Update an object, wait until it is ready again, and return its outputs.

    Raises:
        InitFailed: It was refused, or did not become ready; the state keeps the object as it is.
        RpcError: The object is gone, or cannot be read.
    """
    plain: Object = reveal(inputs)
    manager = field_manager(plain, state.field_manager)
    try:
        session.rule(plain)
        before = session.cluster.read(plain)
    except WaitForError as error:
        raise wait_for_error(urn, error) from error
    except Unreachable as error:
        raise unreachable(error) from error
    except ApiError as error:
        raise _lost(urn, error) from error
    wanted = ssa.keep_ignored(plain, before, ignored, manager)
    inputs = conceal_object(wanted, inputs)
    try:
        live = _applied(session, wanted, before, manager)
        if is_patch(urn, kind_of(plain)[1]):
            return outputs_of(live, inputs, manager, state.initial_api_version)
        waited = session.wait(urn, live, plain, timeout)
    except Unreachable as error:
        raise unreachable(error) from error
    except ApiError as error:
        raise _rejected(plain, before, inputs, manager, state, error) from error
    outputs = outputs_of(waited.live or live, inputs, manager, state.initial_api_version)
    if waited.failure is not None:
        message = _failed_to_become_live(plain, waited.failure)
        raise InitFailed(message, id=id_of(plain), properties=outputs, reasons=reasons_of(message, waited))
    return outputs


def _applied(session: Session, wanted: Object, live: Object, manager: str) -> Object:
    if kind_of(wanted)[1] == "CustomResourceDefinition":
        session.cluster.forget_kinds()
        return _replaced(session, wanted, live)
    for _ in range(_FOLDS):
        entries = ssa.folded(live, manager)
        if entries is None:
            break
        try:
            live = session.cluster.patch(live, ssa.replace_managed_fields(live, entries))
        except ApiError as error:
            if error.status not in (409, 422):
                raise
            live = session.cluster.read(wanted)  # somebody wrote in between: fold what is there now
    return session.cluster.apply(wanted, manager, force=_forced(session, wanted, live))


def _replaced(session: Session, wanted: Object, live: Object) -> Object:
    """PUT a CRD at the version it has now: its controllers write to its status whenever they like."""
    for _ in range(_FOLDS):
        try:
            return session.cluster.replace(_at_version(wanted, live))
        except ApiError as error:
            if error.status != 409:
                raise
            live = session.cluster.read(wanted)
    return session.cluster.replace(_at_version(wanted, live))


def _dry_run(session: Session, wanted: Object, live: Object, manager: str) -> Object:
    """Apply without effect, nor fold: entries that a real update would fold are overruled, others are not."""
    if kind_of(wanted)[1] == "CustomResourceDefinition":
        return session.cluster.replace(_at_version(wanted, live), dry_run=True)
    try:
        return session.cluster.apply(wanted, manager, force=_forced(session, wanted, live), dry_run=True)
    except ApiError as error:
        others = _CONFLICTS_WITH.findall(error.message)
        foldable = [ssa.is_foldable_manager(name) and not subresource for name, subresource in others]
        if error.status != 409 or not foldable or not all(foldable):
            raise
        return session.cluster.apply(wanted, manager, force=True, dry_run=True)


def _forced(session: Session, wanted: Object, live: Object) -> bool:
    unowned = not metadata_of(live).get("managedFields")
    return unowned or session.settings.patch_force or has_flag(wanted, PATCH_FORCE)


def _at_version(wanted: Object, live: Object) -> Object:
    version = metadata_of(live).get("resourceVersion")
    return {**wanted, "metadata": {**(wanted.get("metadata") or {}), "resourceVersion": version}}


def _lost(urn: Urn, error: ApiError) -> RpcError:
    return RpcError(
        f'update of resource "{urn.text}" failed: {error.message}\n'
        f"unable to get cluster state: {error.message}"
    )


def _rejected(
    plain: Object, live: Object, inputs: Object, manager: str, state: State, error: ApiError
) -> InitFailed:
    message = _failed_to_become_live(plain, explained(error, manager))
    outputs = outputs_of(live, inputs, manager, state.initial_api_version)
    return InitFailed(message, id=id_of(plain), properties=outputs, reasons=[message])


def _failed_to_become_live(plain: Object, why: str) -> str:
    return (
        f'the Kubernetes API server reported that "{id_of(plain)}" failed to fully initialize or become '
        f"live: {why}"
    )
