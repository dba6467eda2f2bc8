"""Objects of the cluster by kind and name, over the Kubernetes provider's connection."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.kubeclient.client import APPLY, MERGE, ApiError, Client, NoMatch, Unreachable, path_of
from providers.kubeclient.kubeconfig import KubeconfigError, load

Object = dict[str, Any]
FAILURES = (ApiError, Unreachable, KubeconfigError)
"""What every question may end with, besides an answer."""
MANAGER = "kserve-platform"
"""Who the API server notes as the owner of the fields that this plugin sets."""
_TOUCHED = "kserve-platform/touched"


@dataclass(frozen=True)
class ServedKind:
    """Where the API server serves a kind."""

    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """Path of an object, or of a collection where `name` is empty."""
        return path_of(self.api_version, self.plural, namespace if self.namespaced else "", name)


class Api:
    """One cluster's API server; safe from several threads.

    Args:
        kubeconfig: Content of a kubeconfig.
        context: Context of it; its current one where None.
        cancelled: Ends pauses between attempts.

    Raises:
        KubeconfigError: The kubeconfig cannot be used.
    """

    def __init__(self, kubeconfig: str, context: str | None, cancelled: threading.Event) -> None:
        self._client = Client(load(kubeconfig, context), lambda text: None, cancelled)
        self._lock = threading.Lock()
        self._served: dict[str, dict[str, ServedKind]] = {}

    @property
    def server(self) -> str:
        """URL of the API server."""
        return self._client.server

    def served(self, api_version: str, kind: str) -> ServedKind:
        """Where a kind is served; what was once found is remembered, what was not is asked for again.

        Raises:
            NoMatch: It is served nowhere.
        """
        with self._lock:
            known = self._served.get(api_version, {}).get(kind)
        if known is not None:
            return known
        found = {
            row["kind"]: ServedKind(api_version, row["name"], bool(row["namespaced"]))
            for row in self._resources(api_version)
        }
        with self._lock:
            self._served[api_version] = found
        if kind not in found:
            raise NoMatch(api_version, kind)
        return found[kind]

    def creatable(self, api_version: str) -> frozenset[str]:
        """Kinds of an API version, as in URLs, whose objects can be created right now.

        A kind whose CRD is being deleted is still listed, but can no longer be created.
        """
        rows = self._resources(api_version)
        return frozenset(row["name"] for row in rows if "create" in row.get("verbs", ()))

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | None:
        """An object, or None if it is not there."""
        try:
            return self._client.get(self.served(api_version, kind).path(namespace, name))
        except ApiError as error:
            if error.gone and not isinstance(error, NoMatch):
                return None
            raise

    def list_objects(
        self, api_version: str, kind: str, namespace: str = "", **selectors: str
    ) -> list[Object]:
        """Objects of a kind, of every namespace where none is given; selectors as labelSelector=..."""
        path = self.served(api_version, kind).path(namespace)
        return list(self._client.get(path, **selectors).get("items") or [])

    def dry_run_create(self, body: Mapping[str, Any], seconds: int | None = None) -> None:
        """POST an object through every admission webhook, storing nothing.

        Args:
            body: The object.
            seconds: How long the API server may take, its webhooks included; None for as long as those may.

        Raises:
            ApiError: It was refused, or not answered in time.
        """
        limit = {} if seconds is None else {"timeout": f"{seconds}s"}
        self._client.send("POST", self._collection(body), {"dryRun": "All", **limit}, dict(body))

    def apply(self, body: Mapping[str, Any], *, manager: str) -> Object:
        """Apply an object server-side, taking over what others own of it."""
        path = f"{self._collection(body)}/{body['metadata']['name']}"
        return self._client.send("PATCH", path, {"fieldManager": manager, "force": "true"}, dict(body), APPLY)

    def delete(self, api_version: str, kind: str, name: str) -> None:
        """Ask for a cluster-scoped object's deletion; absent is fine. Does not wait for its end."""
        try:
            self._client.send("DELETE", self.served(api_version, kind).path("", name))
        except ApiError as error:
            if not error.gone:
                raise

    def touch(self, api_version: str, kind: str, name: str) -> None:
        """Change a cluster-scoped object and change it back, so that whoever watches it reads it again.

        An annotation comes and goes. Cut off in between it stays, which does no harm: the next touch takes it
        away, and that is a change as well.
        """
        path = self.served(api_version, kind).path("", name)
        for value in ("", None):
            body = {"metadata": {"annotations": {_TOUCHED: value}}}
            self._client.send("PATCH", path, {"fieldManager": MANAGER}, body, MERGE)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _resources(self, api_version: str) -> list[Object]:
        try:
            rows = self._client.get(path_of(api_version, "").rstrip("/")).get("resources") or []
        except ApiError as error:
            if not error.gone:
                raise
            rows = []
        return [row for row in rows if "/" not in row["name"]]  # a subresource such as pods/log

    def _collection(self, body: Mapping[str, Any]) -> str:
        namespace = body.get("metadata", {}).get("namespace") or "default"
        return self.served(str(body["apiVersion"]), str(body["kind"])).path(namespace)
