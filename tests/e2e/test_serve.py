"""`serve` as a process: stopping without loss, and refusing what cannot work."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from moderation.classifier.loading import has_careful
from tests.e2e.stack import Stack, wait_until


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'moderation.db'}")
    try:
        stack.set_up()
        stack.start_service()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory):
    """One service for all that leaves it as it was."""
    home = tmp_path_factory.mktemp("serve") / "home"
    stack = Stack(home, f"sqlite:///{home / 'moderation.db'}")
    try:
        stack.set_up()
        stack.environment["CAREFUL_READER"] = "off"
        stack.start_service()
        yield stack
    finally:
        stack.stop()


def headers(stack):
    return {"Authorization": f"Bearer {stack.environment['BLOG_API_KEY']}"}


def request_bytes(stack, comment_id):
    body = json.dumps({"id": comment_id, "text": f"What a lovely garden, {comment_id}."}).encode()
    head = (
        f"POST /v1/comments HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: {headers(stack)['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def stored_ids(stack):
    connection = http.client.HTTPConnection("127.0.0.1", stack.service_port, timeout=10)
    connection.request("GET", "/v1/comments?limit=200", headers=headers(stack))
    items = json.loads(connection.getresponse().read())["items"]
    connection.close()
    return {item["id"] for item in items}


def test_request_that_is_under_way_at_sigterm_is_answered_and_kept(stack):
    whole = request_bytes(stack, "slow")
    with socket.create_connection(("127.0.0.1", stack.service_port), timeout=10) as client:
        client.sendall(whole[:-10])
        threading.Event().wait(0.3)  # for the service to begin reading
        service = stack.processes.pop("service")
        service.send_signal(signal.SIGTERM)
        threading.Event().wait(0.5)
        client.sendall(whole[-10:])
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 201")
    assert service.wait(timeout=40) == 0
    stack.start_service()
    assert "slow" in stored_ids(stack)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_comment_that_was_answered_is_there_after_the_service_was_stopped(stack, number):
    answered, stop = set(), threading.Event()

    def send(name):
        count = 0
        while not stop.is_set():
            comment_id, count = f"{name}-{count}", count + 1
            try:
                with socket.create_connection(("127.0.0.1", stack.service_port), timeout=10) as client:
                    client.sendall(request_bytes(stack, comment_id))
                    if client.makefile("rb").read().startswith(b"HTTP/1.1 201"):
                        answered.add(comment_id)
            except OSError:
                return

    threads = [threading.Thread(target=send, args=(f"client{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answered) > 30, "some answers")
    service = stack.processes.pop("service")
    os.killpg(service.pid, number)
    service.wait(timeout=40)
    stop.set()
    for thread in threads:
        thread.join()

    stack.start_service()
    kept = stored_ids(stack)
    assert len(answered) < 200, "the list below has one page"
    assert answered <= kept


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (lambda stack: ["--port", str(stack.service_port)], "--port"),
        (lambda stack: ["--workers", "2", "--port", "0"], "PostgreSQL"),
    ],
    ids=["a port in use", "two web processes on SQLite"],
)
def test_what_cannot_work_is_said_at_once(stack, options, names):
    done = subprocess.run(
        [sys.executable, "-m", "moderation", "serve", *options(stack)],
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 1
    assert names in done.stderr


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["demo"]])
def test_a_wish_about_the_careful_reader_that_is_neither_on_nor_off_is_refused(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-m", "moderation", *command],
        env={**os.environ, "MODERATION_HOME": str(tmp_path), "MODERATION_SECRET_KEY": "k" * 43, "CAREFUL_READER": "no"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "Error: CAREFUL_READER must be on or off, not 'no'.\n"


@pytest.mark.parametrize("wish", ["on", "off"])
def test_the_service_reads_with_or_without_the_careful_reader(stack, wish):
    stack.kill("service")
    stack.environment["CAREFUL_READER"] = wish
    stack.start_service()

    with socket.create_connection(("127.0.0.1", stack.service_port), timeout=10) as client:
        client.sendall(request_bytes(stack, "one"))
        answer = json.loads(client.makefile("rb").read().partition(b"\r\n\r\n")[2])

    may_read = wish == "on" and has_careful()
    assert answer["readers"]["careful"] in ({"asked", "not_needed", "late"} if may_read else {"off"})
    assert "careful_reader_unusable" not in (stack.home / "service.log").read_text()


@pytest.mark.parametrize("key", [None, "k-1"])
def test_two_hundred_copies_of_one_request_at_once_make_one_comment(stack, key):
    body = json.dumps({"id": "one", "text": "What a lovely garden."})
    sent = headers(stack) | ({"Idempotency-Key": key} if key else {})
    start = threading.Barrier(200)

    def send(_):
        start.wait()
        connection = http.client.HTTPConnection("127.0.0.1", stack.service_port, timeout=60)
        connection.request("POST", "/v1/comments", body=body, headers=sent)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(send, range(200)))

    verdicts = [answer for status, answer in answers if status in {200, 201}]
    assert {status for status, _ in answers} <= {200, 201, 409}
    assert {status for status, _ in answers if not key} <= {200, 201}
    assert verdicts
    assert all(verdict == verdicts[0] for verdict in verdicts)
    assert (verdicts[0]["version"], stored_ids(stack)) == (1, {"one"})


SMUGGLED = b"0\r\n\r\nDELETE /v1/comments/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nContent-Length: 70\r\n",
        b"Content-Length: 70\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 70\r\n",
    ],
)
def test_requests_of_two_lengths_are_refused(shared_stack, lengths):
    """One answer, and the connection ends: nothing behind it is taken for a request of its own."""
    with socket.create_connection(("127.0.0.1", shared_stack.service_port), timeout=10) as client:
        client.sendall(b"POST /v1/comments HTTP/1.1\r\nHost: 127.0.0.1\r\n" + lengths + b"\r\n" + SMUGGLED)
        answer = client.makefile("rb").read()

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_body_that_is_too_large_is_heard_out_and_told_so(shared_stack):
    connection = http.client.HTTPConnection("127.0.0.1", shared_stack.service_port, timeout=30)
    connection.request("POST", "/v1/comments", body=b"x" * 8_000_000, headers=headers(shared_stack))
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())["type"]) == (413, "urn:moderation:problem:body-too-large")
    connection.close()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "X-Forwarded-Proto", "X-Forwarded-Prefix"])
def test_no_header_leads_to_another_address(shared_stack, name):
    """Not even from this machine, where a proxy passes on what strangers send."""
    connection = http.client.HTTPConnection("127.0.0.1", shared_stack.service_port, timeout=30)
    connection.request("GET", "/sign-in", headers={name: "/metrics"})
    response = connection.getresponse()

    assert response.status == 200
    assert b'action="/sign-in"' in response.read()
    connection.close()
