"""Blogs that remember: every request that was answered 2xx, and every event that came."""

import http.client
import json
import random
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

PAUSE_S = 0.03  # a mean, between two requests of one blog
AT_MOST_UNANSWERED = 5  # then nothing new is begun
DECISIONS = ("publish", "reject", "spam")


@dataclass
class Known:
    """What a blog knows of one of its comments: only what it was told by a 2xx."""

    text: str
    edits: int = 0
    decisions: list[str] = field(default_factory=list)
    erased: bool = False
    version: int = 0
    is_busy: bool = False  # a request about it is not answered yet


@dataclass(frozen=True)
class Wish:
    """A request that is repeated, the same each time, until it is answered 2xx."""

    kind: str  # comment, edit, decision or erasure
    comment_id: str
    value: str = ""
    key: str = ""


class Blog(threading.Thread):
    """Sends comments, edits, decisions and erasures, one after the other, and repeats what was not answered."""

    def __init__(self, name: str, port: int, api_key: str, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.slug, self._port, self._key = name, port, api_key
        self._random = random.Random(f"{seed} {name}")
        self.known: dict[str, Known] = {}
        self.unanswered: deque[Wish] = deque()
        self.answered = self.cut_off = 0
        self.statuses: Counter[int] = Counter()
        self._number, self._ends, self._connection = 0, threading.Event(), None

    def finish(self) -> None:
        """Begin nothing new; come to an end when all is answered."""
        self._ends.set()

    def run(self) -> None:
        while not self._ends.is_set() or self.unanswered:
            time.sleep(self._random.expovariate(1 / PAUSE_S))
            is_behind = len(self.unanswered) >= AT_MOST_UNANSWERED or self._ends.is_set()
            if self.unanswered and (is_behind or self._random.random() < 0.5):
                wish = self.unanswered.popleft()
            else:
                wish = self._wish()
            if not self._send(wish):
                self.unanswered.append(wish)
        if self._connection is not None:
            self._connection.close()

    def _wish(self) -> Wish:
        roll = self._random.random()
        free = [name for name in list(self.known)[-200:] if not self.known[name].is_busy]
        chosen = self._random.choice(free) if free else None
        known = self.known.get(chosen) if chosen else None
        if known is None or known.erased or roll < 0.6:
            self._number += 1
            name = f"{self.slug}-{self._number}"
            key = f"key-{name}" if self._random.random() < 0.3 else ""
            # What a blog has not been told of stays out of `known` until it is.
            return Wish("comment", name, f"What a lovely garden, said {name}.", key)
        known.is_busy = True
        if roll < 0.88:
            others = [decision for decision in DECISIONS if decision not in known.decisions[-1:]]
            return Wish("decision", chosen, self._random.choice(others))
        if roll < 0.96:
            return Wish("edit", chosen, f"{known.text} And edited, {known.edits + 1}.")
        return Wish("erasure", chosen)

    def _send(self, wish: Wish) -> bool:
        """Whether it was answered 2xx, and is therefore a promise."""
        path, method, body = f"/v1/comments/{wish.comment_id}", "POST", None
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if wish.kind in {"comment", "edit"}:
            path, body = "/v1/comments", {"id": wish.comment_id, "text": wish.value}
        elif wish.kind == "decision":
            path, body = path + "/decision", {"decision": wish.value}
        else:
            method = "DELETE"
        if wish.key:
            headers["Idempotency-Key"] = wish.key
        try:
            status, answer = self._request(method, path, body, headers)
        except ConnectionRefusedError:
            self._drop_connection()
            time.sleep(0.1)
            return False
        except (OSError, http.client.HTTPException):
            self.cut_off += 1
            self._drop_connection()
            return False
        self.statuses[status] += 1
        if not 200 <= status < 300:
            return False
        self.answered += 1
        self._learn(wish, answer)
        return True

    def _request(self, method, path, body, headers):
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.will_close:
            self._drop_connection()
        is_ours = 200 <= response.status < 300 and content
        return response.status, json.loads(content) if is_ours else {}

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _learn(self, wish: Wish, answer: dict) -> None:
        known = self.known.setdefault(wish.comment_id, Known(wish.value))
        known.is_busy = False
        if wish.kind == "edit":
            known.text, known.edits = wish.value, known.edits + 1
        elif wish.kind == "decision":
            known.decisions.append(wish.value)
        elif wish.kind == "erasure":
            known.erased = True
        known.version = max(known.version, answer.get("version", 0))


class Inbox:
    """Where the blogs' webhooks go: keeps each event's id and bytes, and refuses what is not signed."""

    def __init__(self) -> None:
        self.bodies: dict[str, set[bytes]] = {}
        self.times: Counter[str] = Counter()
        self.forged = 0
        self.secrets: dict[str, str] = {}
        self._lock = threading.Lock()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # its sender was killed halfway
                self.send_response(inbox.take(self.path.strip("/"), dict(self.headers), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a sender that was killed has nothing to say
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, slug: str) -> str:
        return f"http://127.0.0.1:{self.port}/{slug}"

    def take(self, slug: str, headers: dict[str, str], body: bytes) -> int:
        lower = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            try:
                Webhook(self.secrets[slug]).verify(body, lower)
            except (WebhookVerificationError, KeyError):
                self.forged += 1
                return 401
            event_id = lower["webhook-id"]
            is_first = event_id not in self.times
            self.times[event_id] += 1
            if is_first and hash(event_id) % 20 == 0:
                return 503  # a blog's bad moment: it must come again
            self.bodies.setdefault(event_id, set()).add(body)
            return 204

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
