"""Clients that are slow on purpose, against a real service: they are let go, and nobody else waits for them."""

import json
import socket
import threading
import time

import pytest

from moderation.cli import slow_clients
from tests.e2e.stack import Stack, wait_until

CROWD = 50
HEADERS_S, BODY_S, ANSWER_S = 1, 1.5, 1.5  # instead of 10 and 60 seconds, so that the tests end
AT_ONCE = 4


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    home = tmp_path_factory.mktemp("slow") / "home"
    stack = Stack(home, f"sqlite:///{home / 'moderation.db'}")
    limits = "; ".join(f"slow_clients.{name} = {globals()[name]}" for name in ("HEADERS_S", "BODY_S", "ANSWER_S"))
    program = f"from moderation.cli import main, slow_clients; {limits}; main()"
    try:
        stack.set_up()
        stack.environment["CAREFUL_READER"] = "off"
        stack.start_service("--threads", str(AT_ONCE), program=("-c", program))
        yield stack
    finally:
        stack.stop()


def connect(stack, *, receive_buffer=None):
    client = socket.create_connection(("127.0.0.1", stack.service_port), timeout=30)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    return client


def request_bytes(stack, body, path="/v1/comments", method="POST"):
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {stack.environment['BLOG_API_KEY']}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def answer_time(stack, path="/healthz"):
    """Seconds until an honest request is answered; None if it is not."""
    began = time.monotonic()
    try:
        with connect(stack) as client:
            client.sendall(request_bytes(stack, b"", path, "GET"))
            answer = client.makefile("rb").read()
    except OSError:
        return None  # nothing, or not all of it
    return time.monotonic() - began if answer.startswith(b"HTTP/1.1 200") else None


def trickle(client, data, every_s=0.25):
    """Send *data* byte by byte; seconds until the service ended the connection, None if it took everything."""
    began = time.monotonic()
    client.settimeout(every_s)
    for number in range(len(data)):
        try:
            client.sendall(data[number : number + 1])
            if client.recv(1000) == b"":
                return time.monotonic() - began
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - began
    return None


def test_headers_that_come_byte_by_byte_are_not_waited_for(stack):
    with connect(stack) as client:
        ended = trickle(client, request_bytes(stack, b"{}"))

    assert ended is not None
    assert HEADERS_S - 0.3 <= ended <= HEADERS_S + 5


def test_a_body_that_comes_byte_by_byte_is_not_waited_for_and_not_stored(stack):
    body = json.dumps({"id": "slow", "text": "What a lovely garden."}).encode()
    with connect(stack) as client:
        client.sendall(request_bytes(stack, body)[: -len(body)])
        ended = trickle(client, body)

    assert ended is not None
    assert BODY_S - 0.3 <= ended <= BODY_S + 5
    assert answer_time(stack, "/v1/comments/slow") is None


def test_a_chunk_that_never_ends_is_not_waited_for(stack):
    head = b"POST /v1/comments HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"
    with connect(stack) as client:
        client.sendall(head)
        ended = trickle(client, b"a" * 100)

    assert ended is not None
    assert BODY_S - 0.3 <= ended <= BODY_S + 5


def test_who_says_nothing_is_let_go(stack):
    with connect(stack) as client:
        began = time.monotonic()
        assert client.recv(1000) == b""
    assert HEADERS_S - 0.3 <= time.monotonic() - began <= HEADERS_S + 5


def test_a_second_request_on_a_connection_has_a_deadline_too(stack):
    with connect(stack) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(10000).startswith(b"HTTP/1.1 200")
        ended = trickle(client, request_bytes(stack, b"{}"))
    assert ended is not None
    assert HEADERS_S - 0.3 <= ended <= HEADERS_S + 5


def slow_head(stack, client):
    trickle(client, request_bytes(stack, b"{}"))


def slow_body(stack, client):
    client.sendall(request_bytes(stack, b"x" * 1000)[:-1000])
    trickle(client, b"x" * 1000)


def says_nothing(stack, client):
    client.recv(1)


def stays(stack, client):
    """Takes an answer and does not close."""
    client.sendall(request_bytes(stack, b"", "/healthz", "GET"))
    threading.Event().wait(3)


def never_reads(stack, client):
    """Asks for more than fits into the buffers on the way, again and again on one connection, and takes nothing."""
    client.settimeout(BODY_S + ANSWER_S)
    once = request_bytes(stack, b"", "/static/vendor/htmx.min.js", "GET").replace(b"Connection: close\r\n", b"")
    client.sendall(once * 100)
    threading.Event().wait(ANSWER_S)


@pytest.mark.parametrize("be_slow", [says_nothing, slow_head, slow_body, stays, never_reads])
def test_fifty_slow_clients_keep_no_honest_one_waiting(stack, be_slow):
    def attack():
        with connect(stack, receive_buffer=4096) as client:
            try:
                be_slow(stack, client)
            except OSError:
                return  # it was let go

    crowd = [threading.Thread(target=attack) for _ in range(CROWD)]
    for attacker in crowd:
        attacker.start()
    threading.Event().wait(0.5)
    times = [answer_time(stack) for _ in range(5)]
    for attacker in crowd:
        attacker.join(timeout=60)

    assert None not in times
    assert max(times) < 5, times
    assert not any(attacker.is_alive() for attacker in crowd)


def test_what_is_slow_is_in_the_log(stack):
    with connect(stack) as client:
        trickle(client, b"GET / HTTP/1.1")
    wait_until(lambda: "client_too_slow" in (stack.home / "service.log").read_text(), "the line")
    assert '"part": "headers"' in (stack.home / "service.log").read_text()


def test_the_whole_body_is_there_when_work_begins():
    seen, working = [], threading.Semaphore(1)

    class Body:
        def __init__(self, data):
            self.data = data

        def read(self, size):
            assert working.acquire(blocking=False), "a turn was taken while the body was read"
            working.release()
            taken, self.data = self.data[:size], self.data[size:]
            return taken

    def app(environ, start_response):
        with working:
            seen.append(len(environ["wsgi.input"].read()))
        return []

    turns = slow_clients.Turns(app, at_once=1, max_body=1_000_000)
    turns({"CONTENT_LENGTH": "900000", "wsgi.input": Body(b"x" * 900_000)}, None)
    endless = Body(b"x" * 9_000_000)
    turns({"wsgi.input": endless}, None)  # chunked, and too long: enough of it to be refused

    assert seen[0] == 900_000
    assert 1_000_000 < seen[1] < 1_100_000
    assert len(endless.data) > 4_000_000
