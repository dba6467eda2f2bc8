"""Kubeconfigs: where they are found, how a context is resolved, what they must not contain.

Fact: k8s.io/client-go tools/clientcmd; files named by a kubeconfig are relative to its folder, several
files in $KUBECONFIG are merged and the first to define a name wins.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from providers.kubeclient.documents import told

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILES: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class KubeconfigError(Exception):
    """A kubeconfig cannot be used; the text says why and never holds a credential."""


class Unsupported(KubeconfigError):
    """A kubeconfig wants something that is not supported: no other day will change that."""


@dataclass(frozen=True)
class Access:
    """One cluster and the user to be there.

    Attributes:
        server: The API server's URL.
        namespace: The context's namespace; empty where it names none.
        cluster: The kubeconfig's cluster entry.
        user: The kubeconfig's user entry; paths in both are absolute.
    """

    server: str
    namespace: str = ""
    cluster: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def data(self, entry: Mapping[str, Any], name: str) -> bytes | None:
        """Return a credential given as `NAME-data` in base64 or as a file; None where there is neither.

        Raises:
            KubeconfigError: The base64 is wrong or the file cannot be read.
        """
        try:
            if entry.get(f"{name}-data"):
                return base64.b64decode(entry[f"{name}-data"])
            return Path(entry[name]).read_bytes() if entry.get(name) else None
        except (OSError, binascii.Error, ValueError) as error:
            raise KubeconfigError(f"the kubeconfig's {name} cannot be read: {error}") from error


def parse(text: str) -> dict[str, Any]:
    """Read the text of a kubeconfig, YAML or JSON.

    Raises:
        KubeconfigError: It is not one.
    """
    try:
        found = yaml.load(text, Loader=_LOADER)  # noqa: S506  the C version of the safe loader
    except yaml.YAMLError as error:
        raise KubeconfigError(told(error)) from error
    if not isinstance(found, dict):
        raise KubeconfigError("yaml: it is not a mapping")
    return found


def load(kubeconfig: str | None, context: str | None = None, cluster: str | None = None) -> Access:
    """Resolve the access that a kubeconfig gives.

    Args:
        kubeconfig: Its text, or a path to it; None looks at $KUBECONFIG, ~/.kube/config, then the pod's
        own account.
        context: The context to use instead of the current one.
        cluster: The cluster to use instead of the context's.

    Raises:
        KubeconfigError: There is none, or it cannot be used.
    """
    merged = _find(kubeconfig)
    if merged is None:
        return _in_cluster()
    name = context or merged.get("current-context") or ""
    chosen = _named(merged, "contexts", "context", name)
    if chosen is None and name:
        raise KubeconfigError(f'context "{name}" does not exist')
    chosen = chosen or {}
    cluster_name = cluster or chosen.get("cluster") or ""
    found = _named(merged, "clusters", "cluster", cluster_name)
    if found is None or not found.get("server"):
        raise KubeconfigError(f'cluster "{cluster_name}" does not exist or has no server')
    user = _named(merged, "users", "user", chosen.get("user") or "") or {}
    _refuse_logins(user)
    return Access(str(found["server"]).rstrip("/"), chosen.get("namespace") or "", found, user)


def _refuse_logins(user: Mapping[str, Any]) -> None:
    if user.get("auth-provider"):
        raise Unsupported(
            "the kubeconfig's user logs in by an auth-provider, which Kubernetes removed in 1.26; "
            "use an exec plugin (for example kubelogin, gke-gcloud-auth-plugin) instead"
        )
    login = user.get("exec") or {}
    if login.get("interactiveMode") == "Always":
        raise Unsupported(
            f"the kubeconfig's login program {login.get('command')} has to ask you (interactiveMode: Always) "
            "and there is no terminal here: use one that need not, or a token or certificate that it made"
        )


def active_cluster(text: str, context: str | None, cluster: str | None) -> Mapping[str, Any] | None:
    """Return the cluster entry that a kubeconfig, or a path to one, leads to; None where it leads to none.

    Raises:
        KubeconfigError: The text is not a kubeconfig.
    """
    parsed = _find(text) or {}
    name = cluster
    if not name:
        chosen = _named(parsed, "contexts", "context", context or parsed.get("current-context") or "")
        name = (chosen or {}).get("cluster") or ""
    return _named(parsed, "clusters", "cluster", name)


def _named(config: Mapping[str, Any], section: str, key: str, name: str) -> dict[str, Any] | None:
    for entry in config.get(section) or []:
        if isinstance(entry, dict) and entry.get("name") == name:
            return dict(entry.get(key) or {})
    return None


def _find(kubeconfig: str | None) -> dict[str, Any] | None:
    if kubeconfig is None:
        listed = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
        usual = [path for path in (listed or [Path.home() / ".kube/config"]) if path.is_file()]
        return _merge(usual) if usual else None
    path = Path(kubeconfig).expanduser() if "\n" not in kubeconfig and len(kubeconfig) < 4096 else None
    if path is not None and _is_file(path):
        return _merge([path])
    if path is not None and path.is_absolute():
        raise KubeconfigError(f"there is no file {path}")
    return parse(kubeconfig)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _merge(files: list[Path]) -> dict[str, Any]:
    merged: dict[str, Any] = {"clusters": [], "contexts": [], "users": []}
    for file in files:
        parsed = _absolute(parse(_text_of(file)), file.absolute().parent)
        merged.setdefault("current-context", parsed.get("current-context"))
        for section in ("clusters", "contexts", "users"):
            merged[section] += parsed.get(section) or []
    return merged


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise KubeconfigError(f"{file} cannot be read: {why}") from error


def _absolute(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    for section, key in (("clusters", "cluster"), ("users", "user")):
        for entry in config.get(section) or []:
            if not isinstance(entry, dict):
                raise KubeconfigError(f"yaml: an entry of {section} is not a mapping")
            for name in _FILES:
                if (entry.get(key) or {}).get(name):
                    entry[key][name] = str(folder / entry[key][name])
    return config


def _in_cluster() -> Access:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (_SERVICE_ACCOUNT / "token").is_file():
        raise KubeconfigError(
            "no kubeconfig was found: set kubeconfig on the provider, KUBECONFIG, or write ~/.kube/config"
        )
    shown = f"[{host}]" if ":" in host else host
    namespace = _SERVICE_ACCOUNT / "namespace"
    return Access(
        f"https://{shown}:{port}",
        namespace.read_text().strip() if namespace.is_file() else "",
        {"certificate-authority": str(_SERVICE_ACCOUNT / "ca.crt")},
        {"tokenFile": str(_SERVICE_ACCOUNT / "token")},
    )
