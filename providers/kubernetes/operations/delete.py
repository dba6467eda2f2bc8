"""Delete: gone is success; a Patch gives its fields back and the object stays (S17)."""

from __future__ import annotations

from typing import Final

from providers.kubeclient.client import ApiError, Unreachable
from providers.kubernetes import ssa
from providers.kubernetes.checkpoint import State, outputs_of
from providers.kubernetes.objects import (
    DELETION_PROPAGATION,
    SKIP_AWAIT,
    Object,
    ObjectId,
    Urn,
    annotations_of,
    has_flag,
    is_patch,
    kind_of,
    metadata_of,
)
from providers.kubernetes.operations.read import deletion_refused
from providers.kubernetes.operations.session import Session
from providers.kubernetes.waiting.gate import timeout_of
from providers.kubernetes.waiting.rules import may_skip_delete
from providers.rpc import InitFailed, RpcError

_PROPAGATION: Final = {"orphan": "Orphan", "background": "Background", "foreground": "Foreground"}
_ATTEMPTS: Final = 5


def delete(
    session: Session, urn: Urn, object_id: str, outputs: Object, old_inputs: Object, timeout: float
) -> None:
    """Delete an object and wait until it is gone.

    Raises:
        InitFailed: It is still there when the time is up, or the user wants to stop.
        RpcError: The API server refuses, or does not answer.
    """
    state = State.parse(outputs, old_inputs)
    namespace, name = ObjectId.parse(object_id)
    source = state.plain_inputs or state.live
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    wanted: Object = {"apiVersion": kind_of(source)[0], "kind": kind_of(source)[1], "metadata": meta}
    try:
        if is_patch(urn, kind_of(source)[1]):
            _relinquish(session, wanted, state)
        else:
            _remove(session, urn, wanted, state, timeout)
    except Unreachable as error:
        if session.settings.delete_unreachable:
            return
        raise deletion_refused(session, urn, error) from error
    except ApiError as error:
        if not error.gone:
            raise RpcError(error.message) from error


def _remove(session: Session, urn: Urn, wanted: Object, state: State, timeout: float) -> None:
    inputs = state.plain_inputs or state.live
    policy = str(annotations_of(inputs).get(DELETION_PROPAGATION, "foreground")).lower()
    live = session.cluster.read(wanted)
    uid = str(metadata_of(live).get("uid") or "")
    _ask(session, wanted, _PROPAGATION.get(policy, "Foreground"), uid)
    kind = kind_of(wanted)[1]
    if kind == "CustomResourceDefinition":
        session.cluster.forget_kinds()
    if has_flag(inputs, SKIP_AWAIT) and may_skip_delete(kind):
        return
    waited = session.gate(urn).until_gone(live, uid, timeout_of(inputs, timeout))
    if waited.failure is not None and waited.live is not None:
        outputs = outputs_of(waited.live, state.inputs, state.field_manager or "", state.initial_api_version)
        reasons = [waited.failure, *waited.reasons]
        message = "\n".join(reasons)
        raise InitFailed(message, id=str(ObjectId.of(wanted)), properties=outputs, reasons=reasons)


def _ask(session: Session, wanted: Object, propagation: str, uid: str) -> None:
    """Ask for the deletion; a 409 says that somebody wrote to the object meanwhile."""
    for attempt in range(_ATTEMPTS):
        try:
            session.cluster.delete(wanted, propagation, uid)
            return
        except ApiError as error:
            if error.status != 409 or attempt == _ATTEMPTS - 1:
                raise
            live = session.cluster.read(wanted)
            if metadata_of(live).get("uid") != uid:
                return  # ours is gone, somebody made another one
            session.cancelled.wait(0.2)


def _relinquish(session: Session, wanted: Object, state: State) -> None:
    """Give the fields of a Patch back: an apply that names none removes what nobody else owns."""
    manager = state.field_manager
    if manager is None:
        return
    live = session.cluster.read(wanted)
    if ssa.relinquished(live, manager) is not None:
        session.cluster.apply(ssa.relinquishing(live), manager, force=False)
