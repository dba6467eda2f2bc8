"""DiffConfig: whether other provider settings mean another cluster, and so the replacement of everything
(S18).
"""

from __future__ import annotations

from typing import Any

from providers.kubeclient import kubeconfig
from providers.kubeclient.kubeconfig import KubeconfigError
from providers.kubernetes.objects import Object
from providers.rpc import UNKNOWN, RpcError, reveal


def changes(olds: Object, news: Object) -> tuple[list[str], list[str]]:
    """Return the changed arguments, and those among them that replace the provider.

    Raises:
        RpcError: A kubeconfig cannot be read.
    """
    before, after = reveal(olds), reveal(news)
    changed = sorted(key for key in {**before, **after} if before.get(key) != after.get(key))
    return changed, _replaces(before, after, changed)


def _replaces(before: Object, after: Object, changed: list[str]) -> list[str]:
    known = (before.get("clusterIdentifier"), after.get("clusterIdentifier"))
    if all(known):
        return ["clusterIdentifier"] if known[0] != known[1] else []
    decisive = [str(key) for key in ("kubeconfig", "context", "cluster") if key in changed]
    if not decisive:
        return []
    if after.get("kubeconfig") is UNKNOWN:
        return ["kubeconfig"]
    if not after.get("kubeconfig"):
        return []
    old, new = _active(before), _active(after)
    if old == new or old is None:
        return []
    return decisive


def _active(config: Object) -> Any:
    text = config.get("kubeconfig")
    if not isinstance(text, str) or not text:
        return None
    try:
        return kubeconfig.active_cluster(text, config.get("context"), config.get("cluster"))
    except KubeconfigError as error:
        raise RpcError(f"failed to parse kubeconfig: {error}") from error
