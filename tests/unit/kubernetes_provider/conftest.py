"""What the provider's tests share: an API server double and a provider configured for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.kubernetes.provider import KubernetesProvider
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2
from tests.unit.kubernetes_provider.apidouble import ApiDouble

Configure = Callable[..., KubernetesProvider]


class LogDouble:
    """A double of the engine's log that keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def attach(self, address: str) -> None: ...

    def _keep(self, severity: str) -> Callable[..., None]:
        return lambda text, urn="": self.lines.append((severity, text))

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._keep(name)

    def texts(self, severity: str) -> list[str]:
        return [text for kind, text in self.lines if kind == severity]


@pytest.fixture(scope="session")
def shared_api() -> Iterator[ApiDouble]:
    double = ApiDouble()
    yield double
    double.close()


@pytest.fixture
def api(shared_api: ApiDouble) -> ApiDouble:
    """The double, empty and without a script."""
    shared_api.calls.clear()
    shared_api.objects.clear()
    shared_api.script = lambda call: None
    return shared_api


@pytest.fixture
def configured(api: ApiDouble) -> Iterator[Configure]:
    """Makes providers that talk to the double."""
    made: list[KubernetesProvider] = []

    def make(config: dict[str, str] | None = None, kubeconfig: str | None = None) -> KubernetesProvider:
        made.append(configure(kubeconfig or api.kubeconfig(), config or {}))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


def configure(kubeconfig: str, config: dict[str, str]) -> KubernetesProvider:
    """Return a configured provider whose log is kept in `engine.lines`."""
    provider = KubernetesProvider("4.34.2")
    log: Any = LogDouble()
    provider.engine = log
    variables = {"kubernetes:config:kubeconfig": kubeconfig}
    variables |= {f"kubernetes:config:{key}": value for key, value in config.items()}
    provider.configure(Message(provider_pb2.ConfigureRequest(variables=variables)))
    return provider
