"""Faults that a test orders: an operation that fails a number of times, as AWS's own failures do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.aws.server.wire import Refusal, Request


@dataclass
class Fault:
    """One order.

    Attributes:
        operation: Of AWS's API.
        code, message, status: Of the error.
        resource: Logical name of the resource that it strikes; empty for any.
        times: How often; -1 for always.
    """

    operation: str
    code: str
    message: str
    status: int = 400
    resource: str = ""
    times: int = 1

    def strikes(self, request: Request) -> bool:
        """Whether it is this request's turn; counts it."""
        wanted = request.operation == self.operation and self.resource in {"", request.resource}
        if not wanted or self.times == 0:
            return False
        self.times -= self.times > 0
        return True


class Faults:
    """All orders."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def order(self, orders: list[Mapping[str, Any]]) -> None:
        """Take these in place of those before.

        Raises:
            TypeError: An order says what no fault knows.
        """
        self._orders = [Fault(**order) for order in orders]

    def strike(self, request: Request) -> None:
        """Fail a request whose turn it is.

        Raises:
            Refusal: It is.
        """
        for fault in self._orders:
            if fault.strikes(request):
                raise Refusal(fault.code, fault.message, fault.status)
