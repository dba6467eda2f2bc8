"""AWS on loopback. A double: moto, the rules of EC2 and EKS that moto lacks, and faults that a test orders.

It prints its port, and lives as long as its standard input: who started it and is killed leaves nothing. What
it keeps is in memory, and outlives the engine's commands.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from tests.aws.api import Api
from tests.aws.server.eks import answer as answer_eks
from tests.aws.server.eks_world import World
from tests.aws.server.faults import Faults
from tests.aws.server.inventory import inventory
from tests.aws.server.rules import AFTER, BEFORE
from tests.aws.server.wire import Refusal, Reply, Request, refused, told

REGION = "us-west-2"


class Double:
    """All of it. One request at a time: moto was not made for threads."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._faults = Faults()
        self._moto = BotocoreStubber()
        self._aws = Api(REGION)
        self._eks = World(self._aws, self._forward)

    def serve(self, request: Request) -> Reply:
        """Answer one request, of AWS's API or of a test's own."""
        with self._lock:
            if request.path.startswith("/double/"):
                return self._ordered(request)
            reply = self._served(request)
            self.calls.append(
                {
                    "service": request.service,
                    "operation": request.operation,
                    "resource": request.resource,
                    "status": reply.status,
                }
            )
            return reply

    def _served(self, request: Request) -> Reply:
        try:
            self._faults.strike(request)
            if request.service == "ec2" and request.operation in BEFORE:
                BEFORE[request.operation](self._aws, request.form)
            reply = answer_eks(self._eks, request) if request.service == "eks" else self._forward(request)
            if request.service == "ec2" and request.operation in AFTER and reply.status < 300:
                AFTER[request.operation](self._aws, request.form)
            if request.operation == "DeleteLogGroup":
                self._write_again(request.document["logGroupName"])
            return reply
        except Refusal as refusal:
            return refused(request.service, refusal)

    def _write_again(self, group: str) -> None:
        if self._eks.writes_to(group):
            self._aws("logs", "CreateLogGroup", logGroupName=group)

    def _forward(self, request: Request) -> Reply:
        prepared = AWSPreparedRequest(
            method=request.method,
            url=f"https://{request.service}.{request.region}.amazonaws.com{request.target}",
            headers=HeadersDict(request.headers),
            body=request.body,
            stream_output=False,
        )
        answered = self._moto.process_request(prepared)
        if answered is None:
            return told({"message": f"moto knows nothing of {request.service}"}, 501)
        status, headers, body = answered
        content = body.encode() if isinstance(body, str) else body
        # Lengths are the server's to tell.
        kept = {name: str(value) for name, value in headers.items() if name.lower() != "content-length"}
        return Reply(status, content, kept)

    def _ordered(self, request: Request) -> Reply:
        order = request.path.removeprefix("/double/")
        if order == "faults":
            self._faults.order(json.loads(request.body))
            return told({})
        if order == "endpoint":
            self._eks.endpoint = json.loads(request.body)
            return told({})
        if order == "inventory":
            return told({"rows": inventory(self._aws, self._eks)})
        if order == "calls":
            calls, self.calls = self.calls, []
            return told({"rows": calls})
        return told({"message": f"no order is called {order}"}, 404)


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one packet: two cost 40 ms of delayed acknowledgement.
        wbufsize = 65536

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            _, _, region, service = _scope(headers.get("authorization", ""))
            request = Request(self.command, self.path, headers, body, service, region)
            try:
                reply = double.serve(request)
            except Exception as error:  # noqa: BLE001  a defect must reach the test that it breaks
                text = f"a defect of the double: {type(error).__name__}: {error}"
                reply = refused(service, Refusal("DoubleDefect", text, 400))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    for method in ("DELETE", "GET", "HEAD", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.serve)
    return Handler


def _scope(authorization: str) -> tuple[str, str, str, str]:
    """Who, when, region and service of a signature, version 4."""
    found = authorization.partition("Credential=")[2].split(",")[0].split("/")
    return (found[0], found[1], found[2], found[3]) if len(found) == 5 else ("", "", REGION, "")


def main() -> None:
    """Serve until standard input ends."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    with mock_aws():
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(Double()))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
