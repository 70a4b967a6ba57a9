"""One POST to one checked address, within one deadline.

It uses the standard library's connection, not urllib3's: what urllib3 adds (pools, retries, redirects,
proxies) would all have to be switched off, its time limits start anew with every byte that arrives, and it
logs addresses with their queries.
"""

import functools
import http.client
import io
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from moderation.config import Network
from moderation.webhooks import addresses
from moderation.webhooks.addresses import AddressRefused, HostUnknown, Target

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: its status, its Retry-After as it wrote it, and its body as far as it came."""

    status: int
    retry_after: str | None = None
    body: bytes = b""

    @property
    def complaint(self) -> str:
        """What is wrong with it; nothing with a 2xx."""
        if 200 <= self.status < 300:
            return ""
        if 300 <= self.status < 400:
            return f"The blog answered {self.status}; redirects are not followed."
        return f"The blog answered {self.status}."


class SendError(Exception):
    """There was no answer. The message says why, in words that may be shown and logged."""


def send(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    networks: Collection[Network],
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """POST *body* to *url*; a redirect is an answer like any other.

    Raises:
        SendError: the address is refused or unknown, or no status line came within *timeout_s*.
    """
    try:
        clock = _Clock(timeout_s)
        target = addresses.check_url(url, networks)
        ip = addresses.resolve(target, networks, timeout_s=clock.left())
        return _post(_Connection(target, ip, clock), target.path, headers, body)
    except (AddressRefused, HostUnknown, OSError, http.client.HTTPException) as error:
        raise SendError(_in_words(error, timeout_s)) from error


@functools.cache
def user_agent() -> str:
    return f"moderation/{version('moderation')}"


class _Clock:
    """The time that is left for all of it: name, connection, handshake, request and answer."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, whatever the name has come to mean since.

    The name is still what the certificate is checked for, and what Host and SNI say.
    """

    def __init__(self, target: Target, ip: str, clock: _Clock) -> None:
        super().__init__(target.host, target.port)
        self.default_port = addresses.DEFAULT_PORTS[target.scheme]  # left out of the Host header
        self.clock = clock
        self._ip = ip
        self._is_tls = target.scheme == "https"

    def connect(self) -> None:
        self.sock = socket.create_connection((self._ip, self.port), timeout=self.clock.left())
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_tls:
            self.sock.settimeout(self.clock.left())
            self.sock = tls_context().wrap_socket(self.sock, server_hostname=self.host)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.clock.left())
        super().send(data)


class _TimedReader(io.RawIOBase):
    """A socket whose every read ends at the deadline, so that a slow drip cannot push it back."""

    def __init__(self, sock: socket.socket, clock: _Clock) -> None:
        self._sock = sock
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._clock.left())
        return self._sock.recv_into(buffer)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The system's certificate authorities, which take some milliseconds to read."""
    return ssl.create_default_context()


def _post(connection: _Connection, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        with http.client.HTTPResponse(connection.sock, method="POST") as response:
            response.fp.close()
            response.fp = io.BufferedReader(_TimedReader(connection.sock, connection.clock))
            return _read_answer(response)
    finally:
        connection.close()


def _read_answer(response: http.client.HTTPResponse) -> Answer:
    """The answer's status. Once that is in, the outcome is known, whatever becomes of the rest."""
    try:
        response.begin()
    except (OSError, http.client.HTTPException):
        status: Any = response.status  # a word, as long as it has not been read
        if isinstance(status, int):
            return Answer(status)
        raise
    # The rest is read for the receiver's sake: hanging up with it unread would reset its connection.
    body = b""
    with suppress(OSError, http.client.HTTPException):
        body = response.read(MAX_ANSWER_BYTES)
    return Answer(response.status, response.getheader("Retry-After"), body)


def _in_words(error: Exception, timeout_s: float) -> str:
    """An error without anything of the address, the body or the answer."""
    match error:
        case AddressRefused():
            return str(error)
        case HostUnknown():
            return "The host name has no address."
        case TimeoutError():
            return f"There was no answer within {timeout_s:g} seconds."
        case ssl.SSLCertVerificationError():
            return f"The TLS certificate was not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"The TLS connection failed: {error.reason or 'no reason given'}"
        case ConnectionRefusedError():
            return "The connection was refused."
        case ConnectionError() | http.client.IncompleteRead():
            return "The connection was closed before an answer came."
        case http.client.HTTPException():
            return "The answer was not HTTP."
        case _:
            return f"The connection failed: {getattr(error, 'strerror', None) or type(error).__name__}"
