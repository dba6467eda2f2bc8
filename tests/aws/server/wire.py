"""A request of AWS's wire protocols, as far as the double looks into it, and answers that it gives itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.aws.api import OPERATION_HEADER, RESOURCE_HEADER


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: HTTP method.
        target: Path and query.
        headers: Their names in lower case.
        body: As sent.
        service: As the signature names it.
        region: As the signature names it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    region: str

    @property
    def operation(self) -> str:
        """The operation, as the double's client labels it."""
        return self.headers.get(OPERATION_HEADER, "")

    @property
    def resource(self) -> str:
        """The logical name of the resource that it is made for."""
        return self.headers.get(RESOURCE_HEADER, "")

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def form(self) -> dict[str, str]:
        """Parameters of the query protocol (EC2, IAM, Auto Scaling)."""
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}

    @property
    def document(self) -> dict[str, Any]:
        """The body of the JSON protocols."""
        return dict(json.loads(self.body)) if self.body else {}


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """The body of the JSON protocols."""
        return dict(json.loads(self.body))


def told(document: Mapping[str, Any], status: int = 200) -> Reply:
    """An answer in JSON."""
    body = json.dumps(document, default=str).encode()
    return Reply(status, body, {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Refusal(Exception):
    """AWS says no.

    Attributes:
        code: Of the error.
        message: For people.
        status: Of HTTP.
    """

    code: str
    message: str
    status: int = 400


def refused(service: str, refusal: Refusal) -> Reply:
    """An error as the protocol of a service spells it (botocore's parsers read it back)."""
    code, message = escape(refusal.code), escape(refusal.message)
    if service == "ec2":
        text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return _xml(f"{text}<RequestID>double</RequestID></Response>", refusal.status)
    if service in {"iam", "sts", "autoscaling"}:
        text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
        return _xml(f"{text}</Error><RequestId>double</RequestId></ErrorResponse>", refusal.status)
    if service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>double</RequestId></Error>"
        return _xml(text, refusal.status)
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    headers = {"Content-Type": "application/json", "x-amzn-errortype": refusal.code}
    return Reply(refusal.status, body, headers)


def _xml(text: str, status: int) -> Reply:
    return Reply(status, text.encode(), {"Content-Type": "text/xml"})
