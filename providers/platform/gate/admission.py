"""Admission: what the API server and the webhooks that it calls make of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from providers.kubeclient.client import ApiError
from providers.platform.api import Api
from providers.platform.gate.check import Check
from providers.platform.gate.status import placed, unbundled

_PATIENCE = (1, 3, None)
_VERSION = "admissionregistration.k8s.io/v1"
_CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_DISTRUSTED = re.compile(
    r'failed calling webhook "(?P<webhook>[^"]+)".* x509: certificate signed by unknown authority'
)


@dataclass(frozen=True)
class DryRunAccepted(Check):
    """The API server and every admission webhook accept the creation of an object."""

    manifest: Mapping[str, Any]

    @property
    def title(self) -> str:
        metadata = self.manifest.get("metadata", {})
        place = placed(str(metadata.get("namespace", "")), str(metadata.get("name", "")))
        return f"dry-run creation of {self.manifest.get('kind')} {place}"

    def problem(self, api: Api) -> str:
        """Ask with more and more patience.

        A request that meets a Service before kube-proxy knows its endpoint gets no answer, and takes as long
        as the webhook may: ten seconds, where the next request is answered at once.
        """
        for seconds in _PATIENCE:
            try:
                api.dry_run_create(self.manifest, seconds)
            except ApiError as error:
                problem = error
            else:
                return ""
            if not _late(problem):
                break
        # It passed admission, or it could not be found to exist.
        return "" if problem.reason == "AlreadyExists" else problem.message

    def mend(self, api: Api, problem: str) -> str:
        """Have the API server read a webhook's configuration again where it goes by an old one.

        It keeps what it made of a configuration, and may keep that for ever where the next change arrives
        in the microseconds between its reading and its keeping (apiserver/pkg/admission/configuration
        since 1.28, and still in 1.35: the change clears what is kept first, and is then overwritten). Any
        later change clears it. Measured with three writers beside: four changes of 7,000 were lost so. Met
        in a soak: a CA bundle that was there, and for 300 s an API server that knew of none.
        """
        distrusted = _DISTRUSTED.search(problem)
        if distrusted is None:
            return ""
        touched = []
        for kind, name in _filled(api, distrusted["webhook"]):
            api.touch(_VERSION, kind, name)
            touched.append(f"{kind} {name}")
        if not touched:
            return ""
        return f"changed {' and '.join(touched)} and back: the API server goes by an older one"


def _filled(api: Api, webhook: str) -> Iterator[tuple[str, str]]:
    """Kind and name of the configurations that give a webhook its CA bundle."""
    for kind in _CONFIGURATIONS:
        for live in api.list_objects(_VERSION, kind):
            names = {one["name"] for one in live.get("webhooks") or []}
            if webhook in names.difference(unbundled(live)):
                yield kind, live["metadata"]["name"]


def _late(error: ApiError) -> bool:
    lost = ("deadline exceeded", "i/o timeout")
    return error.status == HTTPStatus.GATEWAY_TIMEOUT or any(text in error.message for text in lost)
