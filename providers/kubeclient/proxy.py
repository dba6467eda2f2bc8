"""The proxy on the way to an API server: the kubeconfig's, else the environment's."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from providers.kubeclient.kubeconfig import Access, Unsupported


def proxy_of(access: Access) -> str | None:
    """Return the URL of the proxy for a cluster; None for a direct connection.

    Raises:
        Unsupported: It is of a kind that we cannot speak to.
    """
    if access.cluster.get("proxy-url"):
        return _checked(str(access.cluster["proxy-url"]), "the kubeconfig's proxy-url")
    parts = urlsplit(access.server)
    name = f"{parts.scheme}_proxy"
    found = os.environ.get(name) or os.environ.get(name.upper())
    if not found or parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        return None
    from urllib.request import proxy_bypass  # it takes as long as half the plugin, and few have a proxy

    return None if proxy_bypass(parts.hostname or "") else _checked(found, name)


def _checked(url: str, where: str) -> str:
    """Return a proxy's URL; one that we cannot speak to is refused without its password."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unsupported(
            f"{where} is of the kind {parts.scheme or '(none)'}://, only http:// and https:// proxies are "
            "supported"
        )
    return url
