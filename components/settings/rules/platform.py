"""Rules about the platform alone."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.eks.cluster import EksSettings
from components.settings.parts import Parts, Rule, wrong


def ingress_class_fits_the_mode(parts: Parts) -> Iterator[Problem]:
    """An option that nothing would read is a trap."""
    platform = parts.platform
    if platform and platform.mode == "standard" and platform.ingress_class != "gateway-api":
        yield wrong(
            "platform",
            "ingressClass",
            value=platform.ingress_class,
            what="has no effect in standard mode",
            why="it chooses what carries Knative's traffic, and standard mode has no Knative",
            fix="remove it, or write mode: knative",
        )


def runtimes_are_named_once(parts: Parts) -> Iterator[Problem]:
    """The same runtime twice is the same object twice."""
    if parts.platform is None:
        return
    runtimes = parts.platform.runtimes
    for index, runtime in enumerate(runtimes):
        if runtime in runtimes[:index]:
            yield wrong(
                "platform",
                "runtimes",
                index,
                value=runtime,
                what="is named twice",
                why="a runtime is installed once",
                fix="remove it here",
            )


def tls_has_one_end(parts: Parts) -> Iterator[Problem]:
    """Encryption that nothing would do, or that two would do on one port."""
    platform, cluster = parts.platform, parts.cluster
    if platform is None or platform.tls is None:
        return
    if platform.ingress_class != "gateway-api":
        yield wrong(
            "platform",
            "tls",
            value=platform.tls.model_dump(exclude_none=True),
            what=f"has no effect with {platform.ingress_class}",
            why="the certificate is the gateway's that gateway-api makes",
            fix="remove it, or write ingressClass: gateway-api",
        )
    elif isinstance(cluster, EksSettings) and cluster.load_balancer.certificate:
        yield wrong(
            "platform",
            "tls",
            value=platform.tls.model_dump(exclude_none=True),
            what="is done by the load balancer already",
            why="kserve-platform:cluster.loadBalancer.certificate ends TLS on the same port",
            fix="remove one of the two",
        )


RULES: tuple[Rule, ...] = (ingress_class_fits_the_mode, runtimes_are_named_once, tls_has_one_end)
