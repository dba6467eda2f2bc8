"""The two kinds of refusal: a request that is wrong, and a configuration that cannot be served."""

from __future__ import annotations


class RequestRefused(Exception):
    """A request is answered with an error of the protocol.

    Attributes:
        status: HTTP status, 4xx where the client can do better.
        message: A sentence for the client; the body is {"error": message} in v1 and v2.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def unknown_model(name: str) -> RequestRefused:
    """A model that the configuration does not name; the words are those of KServe's own model servers."""
    return RequestRefused(404, f"Model with name {name} does not exist.")


class ConfigurationRefused(Exception):
    """The model store's configuration cannot be served; the message says what to change in which file."""


class BackendLost(Exception):
    """TorchServe ended, or did not become ready; the message says how."""
