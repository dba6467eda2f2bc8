"""Who we are to the API server: certificates, tokens, token files, exec plugins."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from providers.kubeclient.kubeconfig import Access, KubeconfigError

_EXEC_SECONDS: Final = 60
_FILE_SECONDS: Final = 60.0
_EARLY_SECONDS: Final = 10.0


class _Context(ssl.SSLContext):
    """A context that no connection changes, and that knows the name the server must prove.

    httpcore sets the protocols on the shared context at every connect, while other threads make their
    connections from it without Python's lock: once in some hundred refreshes a server met garbage in a
    handshake ("TLSV1_ALERT_DECODE_ERROR"), and the object counted as unreachable. And it forgets the name
    that it was told where the connection goes through a proxy, or checks the proxy itself by it.
    """

    def __init__(self, *_: object) -> None:
        super().set_alpn_protocols(["http/1.1"])
        self.server_name: str | None = None

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Leave the protocols as they are."""

    def wrap_socket(self, sock: socket.socket, *rest: Any, **more: Any) -> ssl.SSLSocket:
        """Begin TLS, with the cluster's tls-server-name where it has one."""
        return super().wrap_socket(sock, *rest, **self._named(more))

    def wrap_bio(self, *rest: Any, **more: Any) -> ssl.SSLObject:
        """Begin TLS inside the TLS of a proxy, by the same name."""
        return super().wrap_bio(*rest, **self._named(more))

    def _named(self, more: dict[str, Any]) -> dict[str, Any]:
        return {**more, "server_hostname": self.server_name} if self.server_name else more


class Credentials:
    """The credentials of one access; asks an exec plugin when needed and again when they expire."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._status: dict[str, Any] | None = None
        self._read_at = 0.0
        self._file_token = ""

    def header(self) -> str | None:
        """Return the value of the Authorization header; None where a certificate says who we are.

        Raises:
            KubeconfigError: A token file or an exec plugin failed.
        """
        user = self._access.user
        if user.get("tokenFile"):
            return f"Bearer {self._token_of_file(Path(user['tokenFile']))}"
        if user.get("token"):
            return f"Bearer {user['token']}"
        if user.get("username"):
            pair = f"{user['username']}:{user.get('password', '')}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        if user.get("exec"):
            token = self._exec_status().get("token")
            return f"Bearer {token}" if token else None
        return None

    def impersonation(self) -> list[tuple[str, str]]:
        """Return the headers that say as whom the user wants to act: `as`, `as-groups` and the like.

        Fact: k8s.io/client-go transport/round_trippers.go.
        """
        user = self._access.user
        headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
        headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
        headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or []]
        for key, values in (user.get("as-user-extra") or {}).items():
            headers += [(f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)) for value in values]
        return headers

    def renew(self) -> bool:
        """Forget what may have expired, after a 401; returns whether asking again can help."""
        with self._lock:
            self._read_at = 0.0
            self._status = None
        return bool(self._access.user.get("exec") or self._access.user.get("tokenFile"))

    def tls(self) -> ssl.SSLContext | bool:
        """Return how to check the server and what certificate to show.

        Raises:
            KubeconfigError: A certificate or key cannot be read.
        """
        access, cluster, user = self._access, self._access.cluster, self._access.user
        if access.server.startswith("http://"):
            return False
        authority = access.data(cluster, "certificate-authority")
        try:
            context = _Context(ssl.PROTOCOL_TLS_CLIENT)
            context.server_name = cluster.get("tls-server-name") or None
            if authority:
                context.load_verify_locations(cadata=authority.decode())
            else:
                context.load_default_certs()
            if cluster.get("insecure-skip-tls-verify"):
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            certificate, key = access.data(user, "client-certificate"), access.data(user, "client-key")
            if user.get("exec") and self._exec_status().get("clientCertificateData"):
                certificate = self._exec_status()["clientCertificateData"].encode()
                key = self._exec_status().get("clientKeyData", "").encode()
            if certificate and key:
                _load_pair(context, certificate, key)
        except (ssl.SSLError, ValueError) as error:
            raise KubeconfigError(f"the kubeconfig's certificates cannot be used: {error}") from error
        return context

    def _token_of_file(self, path: Path) -> str:
        with self._lock:
            if time.monotonic() - self._read_at > _FILE_SECONDS or not self._file_token:
                try:
                    self._file_token = path.read_text(encoding="utf-8").strip()
                except OSError as error:
                    raise KubeconfigError(f"the kubeconfig's tokenFile cannot be read: {error}") from error
                self._read_at = time.monotonic()
            return self._file_token

    def _exec_status(self) -> dict[str, Any]:
        with self._lock:
            if self._status is None or _expired(self._status):
                self._status = _run_plugin(self._access)
            return self._status


def _expired(status: dict[str, Any]) -> bool:
    text = status.get("expirationTimestamp")
    if not text:
        return False
    try:
        expires = dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return expires.timestamp() - time.time() < _EARLY_SECONDS


def _run_plugin(access: Access) -> dict[str, Any]:
    plugin = access.user["exec"]
    version = plugin.get("apiVersion") or "client.authentication.k8s.io/v1"
    info: dict[str, Any] = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    if plugin.get("provideClusterInfo"):
        info["spec"]["cluster"] = {"server": access.server, **_cluster_info(access)}
    environment = {**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    environment.update({entry["name"]: entry["value"] for entry in plugin.get("env") or []})
    command = [plugin["command"], *(plugin.get("args") or [])]
    hint = plugin.get("installHint") or "check that it is installed and on PATH"
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_EXEC_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise KubeconfigError(f"the login program {command[0]} was not found: {hint}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KubeconfigError(f"the login program {command[0]} failed: {type(error).__name__}") from None
    if ended.returncode != 0:
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise KubeconfigError(f"the login program {command[0]} ended with status {ended.returncode}: {last}")
    try:
        status = json.loads(ended.stdout)["status"]
    except (ValueError, KeyError, TypeError):
        raise KubeconfigError(
            f"the login program {command[0]} printed no ExecCredential with a status"
        ) from None
    return dict(status)


def _cluster_info(access: Access) -> dict[str, Any]:
    names = ("certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name", "proxy-url")
    return {name: access.cluster[name] for name in names if name in access.cluster}


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load a certificate and its key from memory: OpenSSL wants files, and a key shall not touch a disk."""
    holder = os.memfd_create("client-certificate")
    try:
        os.write(holder, certificate.rstrip() + b"\n" + key)
        context.load_cert_chain(f"/proc/self/fd/{holder}")
    finally:
        os.close(holder)
