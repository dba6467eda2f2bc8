"""The cluster as the operations see it: objects by kind, discovery behind it, reached when first needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from providers.kubeclient import kubeconfig
from providers.kubeclient.client import (
    APPLY,
    JSON,
    JSON_PATCH,
    ApiError,
    Client,
    Misconfigured,
    NoMatch,
    Unreachable,
    path_of,
)
from providers.kubeclient.kubeconfig import KubeconfigError
from providers.kubernetes import schema
from providers.kubernetes.objects import Object, ObjectId, kind_of
from providers.kubernetes.settings import Settings

_CREATOR: Final = "pulumi-kubernetes"
_VALIDATION: Final = {"fieldValidation": "Warn"}


class Resource(NamedTuple):
    """A kind as the API server serves it."""

    plural: str
    namespaced: bool


class Cluster:
    """One API server: reads and writes objects, knows the kinds.

    Every method raises `ApiError` where the server refuses and `Unreachable` where it does not answer.
    """

    def __init__(
        self, settings: Settings, on_warning: Callable[[str], None], cancelled: threading.Event
    ) -> None:
        self._settings = settings
        self._on_warning = on_warning
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._kinds: dict[str, dict[str, Resource]] = {}
        self._scopes: dict[tuple[str, str], bool] = {}
        self._problem: str | None = None
        self._answers: bool | None = None
        self._access: kubeconfig.Access | None = None
        try:
            self._access = kubeconfig.load(settings.kubeconfig, settings.context, settings.cluster)
        except KubeconfigError as error:
            where = _IN_FILE if settings.context or "does not exist" in str(error) else _IN_SETTING
            self._problem = f"{where}{error}"

    @property
    def default_namespace(self) -> str | None:
        """The namespace of objects that name none; None where the kubeconfig cannot be used."""
        if self._settings.namespace:
            return self._settings.namespace
        return None if self._access is None else self._access.namespace or "default"

    def client(self) -> Client:
        """Return the connection, made at the first call."""
        with self._lock:
            if self._access is None:
                raise Misconfigured(self._problem or "")
            if self._client is None:
                try:
                    self._client = Client(
                        self._access, self._on_warning, self._cancelled, self._settings.limits
                    )
                except KubeconfigError as error:
                    raise Misconfigured(str(error)) from error
            return self._client

    def close(self) -> None:
        """Close the connections, if there are any."""
        with self._lock:
            if self._client is not None:
                self._client.close()

    def namespaced(self, api_version: str, kind: str) -> bool:
        """Whether objects of a kind live in a namespace; a kind that nobody knows is taken to (S3)."""
        known = schema.built_in(api_version, kind)
        if known is not None:
            return known.namespaced
        with self._lock:
            remembered = self._scopes.get((api_version, kind))
        if remembered is not None:
            return remembered
        try:
            return self.resource(api_version, kind).namespaced
        except (ApiError, Unreachable):
            return True

    def answers(self) -> bool:
        """Whether the API server answers; asked once, for it decides what a whole command may do."""
        if self._answers is None:
            try:
                self.client().get("/version")
                self._answers = True
            except ApiError:
                self._answers = True
            except Unreachable:
                self._answers = False
        return self._answers

    def remember_definition(self, crd: Object) -> None:
        """Note the scope of a CRD that the program declares: its objects are checked before it is created."""
        spec = crd.get("spec")
        if not isinstance(spec, dict) or not isinstance(spec.get("names"), dict):
            return
        with self._lock:
            for version in spec.get("versions") or []:
                if isinstance(version, dict):
                    key = (f"{spec.get('group')}/{version.get('name')}", str(spec["names"].get("kind")))
                    self._scopes[key] = spec.get("scope") != "Cluster"

    def forget_kinds(self, api_version: str | None = None) -> None:
        """Ask the server again what kinds it has, of one API version or of all: a CRD came or went."""
        with self._lock:
            if api_version is None:
                self._kinds.clear()
            else:
                self._kinds.pop(api_version, None)

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return how the server serves a kind.

        Raises:
            NoMatch: It does not.
        """
        with self._lock:
            found = self._kinds.get(api_version, {}).get(kind)
        if found is not None:
            return found
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            listed = self.client().get(root)
        except ApiError as error:
            if error.status == 404:
                raise NoMatch(api_version, kind) from error
            raise
        kinds = {
            entry["kind"]: Resource(entry["name"], bool(entry.get("namespaced")))
            for entry in listed.get("resources") or []
            if "/" not in entry["name"]
        }
        with self._lock:
            self._kinds[api_version] = kinds
        if kind not in kinds:
            raise NoMatch(api_version, kind)
        return kinds[kind]

    def capabilities(self) -> tuple[str, list[str]]:
        """Return the server's version and all it serves, in Helm's words: `apps/v1`, `apps/v1/Deployment`."""
        client = self.client()
        version = str(client.get("/version").get("gitVersion"))
        groups = client.get("/apis").get("groups") or []
        found = ["v1", *(str(one["groupVersion"]) for group in groups for one in group.get("versions") or [])]
        for api_version in list(found):
            with contextlib.suppress(ApiError):  # an aggregated API may be away: it serves nothing then
                listed = client.get(f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")
                kinds = {entry["kind"] for entry in listed.get("resources") or [] if "/" not in entry["name"]}
                found += [f"{api_version}/{kind}" for kind in sorted(kinds)]
        return version, found

    def path(self, obj: Object, *, collection: bool = False) -> str:
        """Return the path of an object, or of the collection it belongs to."""
        api_version, kind = kind_of(obj)
        resource = self.resource(api_version, kind)
        namespace, name = ObjectId.of(obj)
        namespace = (namespace or self.default_namespace or "") if resource.namespaced else ""
        return path_of(api_version, resource.plural, namespace, "" if collection else name)

    def read(self, obj: Object) -> Object:
        """Return the live object with the kind, namespace and name of `obj`."""
        return self.client().get(self.path(obj))

    def find(self, api_version: str, kind: str, namespace: str, **parameters: str) -> list[Object]:
        """Return the objects of a kind in a namespace (everywhere where it is empty)."""
        plural = self.resource(api_version, kind).plural
        found = self.client().get(path_of(api_version, plural, namespace), **parameters)
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found.get("items") or []]

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """POST an object."""
        parameters = {"fieldManager": _CREATOR, **_VALIDATION, **_dry(dry_run)}
        return self.client().send("POST", self.path(obj, collection=True), parameters, obj)

    def apply(self, obj: Object, manager: str, *, force: bool, dry_run: bool = False) -> Object:
        """Apply an object server-side."""
        parameters = {"fieldManager": manager, "force": str(force).lower(), **_VALIDATION, **_dry(dry_run)}
        return self.client().send("PATCH", self.path(obj), parameters, obj, APPLY)

    def replace(self, obj: Object, *, dry_run: bool = False) -> Object:
        """PUT an object; it must carry the resourceVersion it was read at."""
        parameters = {"fieldManager": _CREATOR, **_VALIDATION, **_dry(dry_run)}
        return self.client().send("PUT", self.path(obj), parameters, obj)

    def patch(self, obj: Object, operations: list[dict[str, Any]]) -> Object:
        """Patch an object by JSON patch operations."""
        return self.client().send("PATCH", self.path(obj), {}, operations, JSON_PATCH)

    def delete(self, obj: Object, propagation: str, uid: str = "") -> None:
        """DELETE an object; with `uid` only that very one."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        self.client().send("DELETE", self.path(obj), {}, options, JSON)

    def watch_parameters(self, obj: Object) -> tuple[str, Mapping[str, str]]:
        """Return the path and parameters that watch one object."""
        return self.path(obj, collection=True), {"fieldSelector": f"metadata.name={ObjectId.of(obj).name}"}


_IN_FILE: Final = "unable to load Kubernetes client configuration from kubeconfig file: "
_IN_SETTING: Final = "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- "


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
