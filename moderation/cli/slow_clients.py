"""A client that sends slowly, or does not take its answer, keeps others from nothing, and is let go in the end.

Gunicorn's threads have no such deadlines, and its `--timeout` only watches processes: eight clients that send a byte
a second would keep eight threads for good. So a connection gets one of many threads for as long as its client takes,
and one of few turns at the work once the whole request is there.
"""

import errno
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from selectors import EVENT_READ
from typing import Any

import structlog
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

log = structlog.get_logger("moderation.http")

HEADERS_S, BODY_S, ANSWER_S = 10.0, 60.0, 60.0
CONNECTIONS = 256  # whose clients are waited for at once; a thread is made when it is first needed
NOT_NOW = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE}
HEARD_OUT = 4
IN_MEMORY = 256 * 1024  # bytes of a body; what is over goes into a temporary file

Environment = dict[str, Any]


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gunicorn's threads, with a deadline for headers, body and the taking of the answer."""

    def accept(self, listener: socket.socket) -> None:
        """A connection costs no thread before its first byte: the poller waits for that, as between two requests."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in NOT_NOW:
                raise
            return
        self.nr_conns += 1
        connection = _Connection(self.cfg, accepted, address, listener.getsockname())
        connection.timeout = time.monotonic() + HEADERS_S
        self.pending_conns.append(connection)
        self.poller.register(accepted, EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def _cap_keepalive(self, deadline: float) -> None:
        """Called when told to stop: who has not begun a request by then is not waited for either."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)

    def handle(self, connection: Any) -> Any:
        is_kept = super().handle(connection)
        if not is_kept:
            connection.close(graceful=True)  # waits for the client to close: not in the poller's thread
        return is_kept

    def handle_request(self, request: Any, connection: Any) -> Any:
        connection.parser.unreader.wait_for("body", BODY_S)
        return super().handle_request(request, connection)


class _Connection(TConn):  # type: ignore[misc]
    is_closed = False

    def close(self, graceful: bool = False) -> None:
        if not self.is_closed:
            self.is_closed = True
            super().close(graceful)

    def init(self) -> None:
        """Called before each request of the connection."""
        is_first = not self.initialized
        super().init()
        if is_first:
            self.parser.unreader = _Unreader(self.sock)
        self.sock.settimeout(ANSWER_S)  # of one `sendall`, from its beginning to its end
        self.parser.unreader.wait_for("headers", HEADERS_S)


class _Unreader(SocketUnreader):  # type: ignore[misc]
    """What is read from the socket, up to a deadline that no trickle of bytes moves."""

    part, deadline = "", float("inf")

    def wait_for(self, part: str, seconds: float) -> None:
        self.part, self.deadline = part, time.monotonic() + seconds

    def chunk(self, size_hint: int | None = None) -> bytes:
        before = self.sock.gettimeout()
        left = self.deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left if before is None else min(left, before))
            return super().chunk(size_hint)  # type: ignore[no-any-return]
        except TimeoutError:
            if time.monotonic() < self.deadline:
                raise  # somebody else's shorter time
            log.info("client_too_slow", part=self.part)
            raise ConnectionResetError(errno.ECONNRESET, "the client was too slow") from None
        finally:
            self.sock.settimeout(before)


class Turns:
    """WSGI: reads the whole body, then lets *at_once* requests at a time into *app*.

    Of a body of more than *max_body* bytes the rest is thrown away, and *app* refuses it: who is not heard out does
    not hear why. Nobody is heard out for more than four times as much.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, at_once: int, max_body: int) -> None:
        self._app, self._turns, self._max_body = app, threading.Semaphore(at_once), max_body

    def __call__(self, environ: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            read = 0
            while read < HEARD_OUT * self._max_body and (data := environ["wsgi.input"].read(65536)):
                if read <= self._max_body:
                    body.write(data)
                read += len(data)
            body.seek(0)
            environ["wsgi.input"] = body
            with self._turns:
                return self._app(environ, start_response)
