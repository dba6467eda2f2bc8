"""Read: refresh, import and `.get` (S9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from providers.kubeclient.client import ApiError, Unreachable
from providers.kubernetes.checkpoint import State, inputs_imported, inputs_seen, outputs_of
from providers.kubernetes.naming import field_manager
from providers.kubernetes.objects import Object, ObjectId, Urn, is_patch, kind_of, metadata_of
from providers.kubernetes.operations.session import Session
from providers.kubernetes.waiting.verdict import Look
from providers.kubernetes.waiting.waitfor import WaitForError
from providers.rpc import InitFailed, RpcError

_DELETE_HINT: Final = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the "
    "operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


@dataclass(frozen=True)
class Found:
    """A live object as Read answers it: its id, outputs and inputs."""

    id: str
    outputs: Object
    inputs: Object


def read(session: Session, urn: Urn, object_id: str, outputs: Object, inputs: Object) -> Found | None:
    """Read an object; None if it, or its kind, is gone.

    Args:
        session: The provider's means.
        urn: The resource.
        object_id: Its id.
        outputs: Its outputs in the state; empty for an import.
        inputs: Its inputs in the state; empty for an import.

    Raises:
        InitFailed: It is there and has failed for good.
        RpcError: It cannot be read.
    """
    state = State.parse(outputs, inputs)
    wanted = _named(urn, object_id, state)
    try:
        live = session.cluster.read(wanted)
    except Unreachable as error:
        return _unreachable(session, urn, object_id, outputs, inputs, error)
    except ApiError as error:
        if error.gone:
            return None
        raise RpcError(error.message) from error
    known = state.plain_inputs
    seen = inputs_seen(live, state.inputs) if known else inputs_imported(live)
    manager = field_manager(seen, state.field_manager)
    found = Found(str(ObjectId.of(live)), outputs_of(live, seen, manager, state.initial_api_version), seen)
    if known and not is_patch(urn, kind_of(live)[1]):
        _report_failure(session, live, known, found)
    return found


def _named(urn: Urn, object_id: str, state: State) -> Object:
    api_version, kind = kind_of(state.plain_inputs or state.live)
    namespace, name = ObjectId.parse(object_id)
    kind = kind or urn.kind.removesuffix("Patch")
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version or urn.api_version, "kind": kind, "metadata": meta}


def _report_failure(session: Session, live: Object, inputs: Object, found: Found) -> None:
    """Say of an object that is not ready what is wrong: the state notes it, and the next `up` repairs it."""
    try:
        rule = session.rule(inputs)
    except WaitForError:
        return
    if rule is None:
        return
    verdict = rule(live, look_of(session))
    if not verdict.ready:
        message = f"Resource '{metadata_of(live).get('name')}' was created but failed to initialize"
        reasons = list(dict.fromkeys([message, *verdict.reasons]))
        raise InitFailed(message, id=found.id, properties=found.outputs, inputs=found.inputs, reasons=reasons)


def look_of(session: Session) -> Look:
    """Return the means to list objects near another; what we may not see is not there."""

    def look(api_version: str, kind: str, namespace: str, **parameters: str) -> list[Object]:
        try:
            return session.cluster.find(api_version, kind, namespace, **parameters)
        except (ApiError, Unreachable):
            return []

    return look


def _unreachable(
    session: Session, urn: Urn, object_id: str, outputs: Object, inputs: Object, error: Unreachable
) -> Found | None:
    if session.settings.delete_unreachable:
        session.engine.warning(f"configured Kubernetes cluster is unreachable: {error}", urn.text)
        return None
    if session.settings.skip_update_unreachable:
        session.engine.warning(f"configured Kubernetes cluster is unreachable: {error}", urn.text)
        session.engine.info(
            "configured Kubernetes cluster is unreachable and the `skipUnreachable` option is enabled. "
            "Returned "
            "data could not reflect the actual cluster configuration.",
            urn.text,
        )
        return Found(object_id, outputs, inputs)
    session.engine.warning(f"{error}", urn.text)
    raise RpcError(f"failed to read resource state due to unreachable cluster. {_DELETE_HINT}")


def deletion_refused(session: Session, urn: Urn, error: Unreachable) -> RpcError:
    """The answer to a delete without a cluster."""
    session.engine.warning(f"{error}", urn.text)
    return RpcError(f"configured Kubernetes cluster is unreachable. {_DELETE_HINT}")
