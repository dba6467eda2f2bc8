"""The provider's settings, as Configure gets them (S19): strings in `variables`, then the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from providers.kubeclient import kubeconfig
from providers.kubeclient.kubeconfig import KubeconfigError, Unsupported
from providers.kubeclient.pace import UNLIMITED, Limits
from providers.kubeclient.proxy import proxy_of
from providers.kubernetes import client_settings
from providers.rpc import UNKNOWN, reveal

_PREFIX: Final = "kubernetes:config:"
_ENVIRONMENT: Final = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    "suppressHelmHookWarnings": "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
_NO_RENDERING: Final = (
    "rendering YAML to a directory is not supported by this stand-in for the official Kubernetes plugin; "
    "use `pulumi preview --json`, or install the official plugin"
)
_NO_CLIENT_SIDE: Final = (
    "client-side apply is not supported by this stand-in for the official Kubernetes plugin; "
    "remove enableServerSideApply, or install the official plugin"
)
_NO_EFFECT: Final = {
    "helmReleaseSettings": "it is of helm.v3.Release alone, which this stand-in for the official Kubernetes "
    "plugin refuses",
    "alwaysRender": "it is of renderYamlToDirectory alone, which this stand-in for the official Kubernetes "
    "plugin refuses",
}
UNDERSTOOD: Final = frozenset(
    {"kubeconfig", "context", "cluster", "namespace", "clusterIdentifier", "strictMode"}
    | {"renderYamlToDirectory", "rejectUnknownResources", client_settings.NAME, *_ENVIRONMENT, *_NO_EFFECT}
)
_OF_THE_ENGINE: Final = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "parameterization"})
_AWAIT_ALL: Final = "PULUMI_K8S_AWAIT_ALL"


@dataclass(frozen=True)
class Settings:
    """How the provider was configured; every field has the name of the provider's own argument.

    Attributes:
        kubeconfig: The text of a kubeconfig or a path to one; None means the usual places.
        context: The context to use instead of the current one.
        cluster: The cluster to use instead of the context's.
        namespace: The namespace of objects that name none.
        await_all: Whether kinds without a rule of their own are waited for by what their status tells.
        limits: How much the provider may ask of the API server.
    """

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    config_maps_mutable: bool = False
    secrets_mutable: bool = False
    patch_force: bool = False
    upsert: bool = False
    quiet_deprecations: bool = False
    quiet_hooks: bool = False
    await_all: bool = False
    limits: Limits = UNLIMITED

    @classmethod
    def load(cls, variables: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings of a Configure request; `config_failures` has refused those that cannot be."""
        given = {key.removeprefix(_PREFIX): value for key, value in variables.items()}

        def flag(name: str) -> bool:
            return _truth(given.get(name) or environment.get(_ENVIRONMENT[name], ""))

        return cls(
            kubeconfig=given.get("kubeconfig") or None,
            context=given.get("context") or None,
            cluster=given.get("cluster") or None,
            namespace=given.get("namespace") or None,
            delete_unreachable=flag("deleteUnreachable"),
            skip_update_unreachable=flag("skipUpdateUnreachable"),
            config_maps_mutable=flag("enableConfigMapMutable"),
            secrets_mutable=flag("enableSecretMutable"),
            patch_force=flag("enablePatchForce"),
            upsert=flag("upsertExistingObjects"),
            quiet_deprecations=flag("suppressDeprecationWarnings"),
            quiet_hooks=flag("suppressHelmHookWarnings"),
            await_all=_truth(environment.get(_AWAIT_ALL, "")),
            limits=client_settings.limits_of(given.get(client_settings.NAME), environment)[0],
        )

    def mutable(self, kind: str) -> bool:
        """Whether the content of objects of this kind may be changed in place."""
        return (kind == "ConfigMap" and self.config_maps_mutable) or (
            kind == "Secret" and self.secrets_mutable
        )


def _truth(text: str) -> bool:
    return text.strip().lower() in {"true", "1", "yes"}


def config_failures(
    news: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> list[tuple[str, str]]:
    """Return what is wrong with a provider's inputs, as (argument, reason): shown in preview under it."""
    failures: list[tuple[str, str]] = []
    news = {key: reveal(item) for key, item in news.items()}
    if news.get("renderYamlToDirectory"):
        failures.append(("renderYamlToDirectory", _NO_RENDERING))
    if _truth(str(news.get("strictMode", ""))):
        failures += [
            (name, f'strict mode requires Provider "{name}" argument')
            for name in ("kubeconfig", "context")
            if not news.get(name)
        ]
    asked = news.get(
        "enableServerSideApply", environment.get(_ENVIRONMENT["enableServerSideApply"]) or "true"
    )
    if str(asked).lower() == "false":
        failures.append(("enableServerSideApply", _NO_CLIENT_SIDE))
    asked = news.get(client_settings.NAME)
    _, problems = client_settings.limits_of(None if asked is UNKNOWN else asked, environment)
    return failures + [(client_settings.NAME, problem) for problem in problems]


def access_failures(news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what of the way to the cluster is not supported, as (argument, reason).

    A kubeconfig that is wrong otherwise is told when it is used: it may be that it is not, or made by then.
    """
    asked = [reveal(news.get(name)) or None for name in ("kubeconfig", "context", "cluster")]
    if UNKNOWN in asked:
        return []
    try:
        proxy_of(kubeconfig.load(*asked))
    except Unsupported as error:
        return [("kubeconfig", str(error))]
    except KubeconfigError:
        pass
    return []


def without_effect(news: Mapping[str, Any]) -> list[str]:
    """Return what to say of a provider's inputs that change nothing: none is ignored in silence."""
    found = [f"{name} has no effect: {why}" for name, why in _NO_EFFECT.items() if name in news]
    strange = sorted(news.keys() - UNDERSTOOD - _OF_THE_ENGINE)
    return found + [
        f'the Kubernetes provider has no setting "{name}": it has no effect; look for a typing error'
        for name in strange
        if not name.startswith("__")
    ]
