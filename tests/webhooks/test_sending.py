"""One POST against receivers that do everything wrong: the outcome is known by the deadline."""

import socket
import threading
import time

import pytest

from moderation.webhooks.sending import Answer, SendError, send
from tests.webhooks.receiver import (
    LOOPBACK,
    Receiver,
    answer,
    drip,
    flood,
    free_port,
    raw,
    reset,
    silence,
)

OK = b"HTTP/1.1 200 OK\r\n"


def post(url, *, timeout_s=5.0):
    return send(url, {"content-type": "application/json"}, b"{}", networks=LOOPBACK, timeout_s=timeout_s)


def failure(url, *, timeout_s=5.0):
    """The message of a sending that failed, and how long it took."""
    started = time.monotonic()
    with pytest.raises(SendError) as caught:
        post(url, timeout_s=timeout_s)
    return str(caught.value), time.monotonic() - started


def test_body_and_headers_arrive():
    with Receiver() as blog:
        assert post(blog.url + "?key=1") == Answer(204, None)

    (request,) = blog.requests
    assert request.line == "POST /hook?key=1 HTTP/1.1"
    assert request.body == b"{}"
    assert request.header("host") == f"127.0.0.1:{blog.port}"
    assert request.header("content-type") == "application/json"


def test_connection_goes_to_the_checked_address_though_the_name_has_moved_on(names):
    with Receiver(host="rebind.example") as blog:
        names.known["rebind.example"] = [["127.0.0.1"], ["10.0.0.1"]]

        assert post(blog.url).status == 204

    assert names.asked == ["rebind.example"]
    assert blog.requests[0].header("host") == f"rebind.example:{blog.port}"


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    with Receiver() as proxy, Receiver() as blog:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        assert post(blog.url).status == 204

    assert proxy.connections == 0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status):
    with Receiver() as elsewhere, Receiver(answer(status, f"Location: {elsewhere.url}")) as blog:
        assert post(blog.url).status == status

    assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [200, 201, 400, 404, 410, 500, 503])
def test_status_is_told(status):
    with Receiver(answer(status, body=b"whatever")) as blog:
        assert post(blog.url).status == status


def test_retry_after_is_told_as_it_was_written():
    with Receiver(answer(429, "retry-after: Mon, 23 Nov 2026 10:00:00 GMT")) as blog:
        assert post(blog.url) == Answer(429, "Mon, 23 Nov 2026 10:00:00 GMT")


def test_hundred_continue_is_waited_out():
    with Receiver(raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n")) as blog:
        assert post(blog.url).status == 200


@pytest.mark.parametrize(
    "behaviour",
    [
        drip(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        drip(OK, b"X-More: 1\r\n"),
        drip(OK, b"x"),
    ],
    ids=["body", "chunks", "headers", "one header"],
)
def test_slow_drip_after_the_status_ends_at_the_deadline(behaviour):
    with Receiver(behaviour) as blog:
        started = time.monotonic()

        assert post(blog.url, timeout_s=0.4).status == 200
        assert time.monotonic() - started < 1.2


@pytest.mark.parametrize(
    "behaviour",
    [
        flood(OK + b"\r\n", b"x" * 65536),
        flood(OK + b"Content-Length: 100000000000\r\n\r\n", b"x" * 65536),
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    ],
    ids=["until closed", "long", "chunked"],
)
def test_endless_body_is_read_for_64_kilobytes_only(behaviour):
    with Receiver(behaviour) as blog:
        started = time.monotonic()

        assert post(blog.url, timeout_s=10).status == 200
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "behaviour",
    [
        reset(OK + b"Content-Length: 5\r\n\r\nab"),
        reset(OK),
        raw(OK + b"Content-Length: 5\r\n\r\nab"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(OK + b"Content-Length: many\r\n\r\n"),
        raw(OK + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n"),
        raw(OK + b"X: 1\r\n" * 1000 + b"\r\n"),
        raw(OK + b"no header at all\r\n\r\n"),
        raw(OK + b"X: \xff\xfe\x00\r\n\r\n"),
    ],
)
def test_outcome_is_known_with_the_status_whatever_follows(behaviour):
    with Receiver(behaviour) as blog:
        assert post(blog.url).status == 200


@pytest.mark.parametrize(
    "behaviour",
    [
        silence,
        drip(b"", b"H"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "drip", "continue"],
)
def test_no_status_by_the_deadline_is_a_failure(behaviour):
    with Receiver(behaviour) as blog:
        message, seconds = failure(blog.url, timeout_s=0.4)

    assert message == "There was no answer within 0.4 seconds."
    assert seconds < 1.2


def test_silence_in_the_handshake_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        message, seconds = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.4)

    assert message == "There was no answer within 0.4 seconds."
    assert seconds < 1.2


def test_connection_that_is_refused_is_a_failure():
    message, _ = failure(f"http://127.0.0.1:{free_port()}/")

    assert message == "The connection was refused."


@pytest.mark.parametrize("behaviour", [reset(), reset(b"HTTP/1.1 "), raw(b"")])
def test_connection_that_breaks_before_the_status_is_a_failure(behaviour):
    with Receiver(behaviour) as blog:
        message, _ = failure(blog.url)

    assert message in {"The connection was closed before an answer came.", "The answer was not HTTP."}


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\xff\x00",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"x" * 100_000,
        b"HTTP/1.1 99 Low\r\n\r\n",
    ],
    ids=["ssh", "bytes", "word", "long", "low"],
)
def test_answer_that_is_not_http_is_a_failure(data):
    with Receiver(raw(data)) as blog:
        message, _ = failure(blog.url)

    assert message == "The answer was not HTTP."


def test_trusted_certificate_for_the_name_is_accepted(authority, names):
    context = authority.server("blog.example")
    asked_for = []
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    with Receiver(tls=context, host="blog.example") as blog:
        names.known["blog.example"] = [["127.0.0.1"]]

        assert post(blog.url).status == 204

    assert asked_for == ["blog.example"]
    assert blog.requests[0].header("host") == f"blog.example:{blog.port}"


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"name": "other.example"}, "mismatch"),
        ({"name": "blog.example", "trusted": False}, "self-signed"),
        ({"name": "blog.example", "days": -1}, "expired"),
    ],
)
def test_wrong_certificate_is_a_failure_and_nothing_is_sent(authority, names, certificate, words):
    with Receiver(tls=authority.server(**certificate), host="blog.example") as blog:
        names.known["blog.example"] = [["127.0.0.1"]]
        message, _ = failure(blog.url)

    assert message.startswith("The TLS certificate was not accepted: ")
    assert words in message
    assert blog.requests == []


def test_certificate_for_a_name_does_not_do_for_its_address(authority):
    with Receiver(tls=authority.server("blog.example")) as blog:
        message, _ = failure(blog.url)

    assert "mismatch" in message


def test_plain_answer_to_a_handshake_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(4096)

        thread = threading.Thread(target=babble)
        thread.start()
        message, _ = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()

    assert message.startswith("The TLS connection failed: ")


def test_unknown_host_is_a_failure(names):
    names.known["blog.example"] = [[]]

    assert failure("https://blog.example/hook")[0] == "The host name has no address."


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.2:1/hook?token=s3cret",
        "https://10.0.0.1/hook?token=s3cret",
        "https://ann:s3cret@127.0.0.1/hook",
        "http://[broken/hook?token=s3cret",
    ],
)
def test_message_of_a_failure_keeps_the_address_to_itself(url):
    message, _ = failure(url)

    assert "s3cret" not in message
    assert "hook" not in message
