"""What every operation needs, and what it says when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from providers.kubeclient.client import ApiError, Misconfigured
from providers.kubernetes.cluster import Cluster
from providers.kubernetes.objects import (
    SKIP_AWAIT,
    WAIT_FOR,
    Object,
    ObjectId,
    Urn,
    annotations_of,
    has_flag,
    kind_of,
)
from providers.kubernetes.settings import Settings
from providers.kubernetes.waiting import waitfor
from providers.kubernetes.waiting.gate import Gate, Waited, timeout_of
from providers.kubernetes.waiting.others import TOKEN
from providers.kubernetes.waiting.rules import Rule, rule_for
from providers.kubernetes.waiting.waitfor import WaitForError
from providers.rpc import RpcError
from providers.rpc.engine import Engine

CONFLICT: Final = (
    "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/"
    "how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources "
    "for troubleshooting help"
)
_MOST_REASONS: Final = 6


@dataclass(frozen=True)
class Session:
    """A configured provider's means: the cluster, the engine's ear, and the user's wish to stop."""

    settings: Settings
    cluster: Cluster
    engine: Engine
    cancelled: threading.Event

    def rule(self, inputs: Object) -> Rule | None:
        """Return how to judge whether an object is ready; None where there is nothing to wait for.

        Raises:
            WaitForError: The annotation pulumi.com/waitFor cannot be read.
        """
        if has_flag(inputs, SKIP_AWAIT):
            return None
        demands = annotations_of(inputs).get(WAIT_FOR)
        if demands:
            parsed = waitfor.parse(str(demands))
            return lambda obj, look: waitfor.judge_by(parsed, obj, look)
        if kind_of(inputs) == ("v1", "Secret") and inputs.get("type") != TOKEN:
            return None  # ready as it is: a look at each would cost a request
        return rule_for(*kind_of(inputs), everything=self.settings.await_all)

    def wait(self, urn: Urn, live: Object, inputs: Object, requested: float) -> Waited:
        """Wait until an object is ready; `requested` are the seconds of customTimeouts, 0 for none."""
        rule = self.rule(inputs)
        if rule is None:
            return Waited(live)
        return self.gate(urn).until_ready(live, rule, timeout_of(inputs, requested))

    def gate(self, urn: Urn) -> Gate:
        """Return the loop that waits, talking about this resource."""
        return Gate(
            self.cluster, self.cancelled, _bound(self.engine.status, urn), _bound(self.engine.warning, urn)
        )


def _bound(send: Callable[[str, str], None], urn: Urn) -> Callable[[str], None]:
    return lambda text: send(text, urn.text)


def wait_for_error(urn: Urn, error: WaitForError) -> RpcError:
    """The answer to an annotation that cannot be read."""
    return not_created(urn, str(error))


def not_created(urn: Urn, message: str) -> RpcError:
    """The answer to a create that was refused."""
    return RpcError(
        f'resource "{urn.text}" was not successfully created by the Kubernetes API server: {message}'
    )


def unreachable(error: Exception) -> RpcError:
    """The answer where there is no cluster to talk to."""
    what = (
        "" if isinstance(error, Misconfigured) else "unable to load schema information from the API server: "
    )
    return RpcError(f"configured Kubernetes cluster is unreachable: {what}{error}")


def explained(error: ApiError, manager: str) -> str:
    """The server's text; for a conflict of field owners with the ways out."""
    if error.status == 409 and "conflict" in error.message and error.reason in {"Conflict", ""}:
        return (
            f'{CONFLICT}\nThe resource managed by field manager "{manager}" had an apply conflict: '
            f"{error.message}\n"
            'To take the fields over, set the annotation "pulumi.com/patchForce" to "true" on this object or '
            "enablePatchForce on the provider; to leave them to the other, remove them from the program "
            "or ignore "
            "changes of them"
        )
    return error.message


def reasons_of(message: str, waited: Waited) -> Sequence[str]:
    """The reasons of a failed wait: the message first, doubles left out."""
    return list(dict.fromkeys([message, *waited.reasons]))[:_MOST_REASONS]


def id_of(obj: Object) -> str:
    """The engine's id of an object."""
    return str(ObjectId.of(obj))
