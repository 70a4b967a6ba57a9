"""A blog on loopback that answers webhooks as badly as it is told to."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Request:
    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return {key.lower(): value for key, value in self.headers}[name]


Behaviour = Callable[[socket.socket, Request], None]


def answer(status: int, *headers: str, body: bytes = b"") -> Behaviour:
    head = "\r\n".join([f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers])
    return raw(head.encode() + b"\r\n\r\n" + body)


def raw(data: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(data)


def drip(start: bytes, drop: bytes) -> Behaviour:
    """After *start*, a drop every 20 ms for as long as somebody listens."""

    def behave(connection: socket.socket, _: Request) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(drop)

    return behave


def flood(start: bytes, wave: bytes) -> Behaviour:
    """After *start*, as much as somebody takes."""

    def behave(connection: socket.socket, _: Request) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(wave)

    return behave


def reset(start: bytes = b"") -> Behaviour:
    def behave(connection: socket.socket, _: Request) -> None:
        connection.sendall(start)
        time.sleep(0.02)  # a reset overtakes what is still on the way
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def silence(connection: socket.socket, _: Request) -> None:
    connection.recv(1)  # until the other side hangs up


def hold(gate: threading.Event, then: Behaviour) -> Behaviour:
    """Says nothing until the gate opens."""

    def behave(connection: socket.socket, request: Request) -> None:
        gate.wait(10)
        then(connection, request)

    return behave


NO_CONTENT = answer(204)


@dataclass
class Receiver:
    """Listens while its block lasts; `requests` is what came, `most_at_once` how many came together."""

    behaviour: Behaviour = NO_CONTENT
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/hook"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self.tls:
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
            request = _read(connection)
            if request is None:
                return
            with self._lock:
                self.requests.append(request)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                self.behaviour(connection, request)
            finally:
                with self._lock:
                    self._at_once -= 1


def _read(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as stream:
        line = stream.readline().decode("latin-1").strip()
        if not line:
            return None
        headers = []
        while header := stream.readline().decode("latin-1").strip():
            name, _, value = header.partition(":")
            headers.append((name, value.strip()))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        return Request(line, headers, stream.read(length))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
