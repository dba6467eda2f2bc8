"""Doubles of what lies between us and an API server: TLS with a name of its own, a proxy that tunnels."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.kubernetes_provider.apidouble import ApiDouble


@dataclass(frozen=True)
class Pair:
    """A certificate that signed itself, and its key: PEM files."""

    certificate: Path
    key: Path


def pair(folder: Path, name: str) -> Pair:
    """Make a certificate for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def secure(api: ApiDouble, server: Pair, *clients: Pair) -> list[str]:
    """Let the double speak TLS; returns the names that clients prove, a connection each."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    for client in clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client.certificate)
    api.server.socket = context.wrap_socket(api.server.socket, server_side=True)
    shown: list[str] = []

    def accept() -> tuple[Any, Any]:
        connection, address = api.server.socket.accept()
        shown.append(_common_name(connection))
        return connection, address

    setattr(api.server, "get_request", accept)  # noqa: B010  a method, to mypy
    return shown


def _common_name(connection: Any) -> str:
    subject = (connection.getpeercert() or {}).get("subject") or ()
    return next((value for part in subject for key, value in part if key == "commonName"), "")


class ProxyDouble:
    """A proxy that leads every CONNECT to one server, whatever name is asked for."""

    def __init__(self, port: int, refusal: str = "") -> None:
        self.asked: list[str] = []
        double = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += self.request.recv(1)
                double.asked.append(head.split(b"\r\n", 1)[0].decode())
                if refusal:
                    self.request.sendall(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode())
                    return
                with socket.create_connection(("127.0.0.1", port)) as target:
                    self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=_pump, args=(target, self.request), daemon=True)
                    back.start()
                    _pump(self.request, target)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
