"""The demo blog beside a fake moderation service: a real HTTP server that answers what a test tells it."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks import Webhook

BLOG = Path(__file__).parents[2] / "examples" / "blog"
SECRET = "whsec_" + "c2VjcmV0" * 4

Answer = Callable[[dict[str, Any]], tuple[int, Any]]


def verdict(state: str, *messages: str, version: int = 1) -> Answer:
    decisions = {"published": "publish", "held": "hold", "rejected": "reject", "spam": "spam"}
    reasons = [{"code": "insult", "message": message} for message in messages]

    def answer(body: dict[str, Any]) -> tuple[int, Any]:
        fields = {"id": body["id"], "decision": decisions[state], "state": state, "version": version}
        return 200, {**fields, "reasons": reasons, "status_url": "/status/abc"}

    return answer


class FakeService:
    def __init__(self) -> None:
        self.answer: Answer = verdict("published")
        self.requests: list[SimpleNamespace] = []
        self.port = 0
        self.start()

    def start(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                fake.requests.append(SimpleNamespace(path=self.path, headers=dict(self.headers), raw=raw, body=body))
                status, fields = fake.answer(body)
                content = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(BrokenPipeError):  # the blog waits for nobody
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Goes away; `start` brings it back at the same address."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService()
    yield fake
    fake.stop()


@pytest.fixture
def answers() -> Callable[..., Answer]:
    return verdict


@pytest.fixture(scope="session")
def blog_modules() -> Iterator[SimpleNamespace]:
    """The example is a folder of scripts, not a package: its files import each other by their plain names."""
    names = ["app", "articles", "moderation_client", "sending", "store", "times", "views"]
    sys.path.insert(0, str(BLOG))
    try:
        yield SimpleNamespace(**{name: __import__(name) for name in names})
    finally:
        sys.path.remove(str(BLOG))
        for name in names:
            del sys.modules[name]


@pytest.fixture
def app(service: FakeService, blog_modules: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MODERATION_SHARED", str(tmp_path / "nothing"))
    return blog_modules.app.create_app(
        service_url=service.url,
        api_key="key-of-the-blog",
        webhook_secret=SECRET,
        data=tmp_path / "blog.sqlite3",
        url="http://blog.example",
    )


@pytest.fixture
def reader(app: Any) -> Any:
    return app.test_client()


@pytest.fixture
def stranger(app: Any) -> Any:
    return app.test_client()


@pytest.fixture
def post(reader: Any) -> Callable[..., str]:
    """Posts a comment as the reader and returns its id."""

    def post(text: str = "What a kind thing to write.", name: str = "Ann", **fields: str) -> str:
        answer = reader.post("/articles/what-a-garden-does-in-november", data={"name": name, "text": text, **fields})
        assert answer.status_code == 303, answer.text
        return answer.location.rpartition("#c-")[2]

    return post


@pytest.fixture
def signed() -> Callable[..., dict[str, Any]]:
    """An event as the service signs and sends it, ready for the test client's `post`."""

    def signed(
        comment_id: str, state: str, version: int, *, webhook_id: str = "", secret: str = SECRET, **data: Any
    ) -> dict[str, Any]:
        fields = {"comment_id": comment_id, "state": state, "version": version, "reasons": [], **data}
        return sign(
            {"type": f"comment.{state}", "timestamp": "2026-11-23T09:00:00Z", "data": fields},
            webhook_id=webhook_id or f"msg_{comment_id}_{version}",
            secret=secret,
        )

    return signed


def sign(event: Any, *, webhook_id: str = "msg_1", secret: str = SECRET, at: datetime | None = None) -> dict[str, Any]:
    body = event if isinstance(event, str) else json.dumps(event)
    at = at or datetime.now(UTC)
    return {
        "path": "/webhooks/moderation",
        "data": body,
        "content_type": "application/json",
        "headers": {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook_id, at.replace(microsecond=0), body),
        },
    }


@pytest.fixture(name="sign")
def sign_fixture() -> Callable[..., dict[str, Any]]:
    return sign
