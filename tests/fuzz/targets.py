"""What is fuzzed: functions of some bytes that raise when a promise is broken. Each is also run on its corpus."""

import atexit
import base64
import hmac
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from flask.testing import FlaskClient

from moderation.config import Settings
from moderation.domain.errors import InvalidRequest
from moderation.scoring import Scorer
from moderation.storage import akismet as akismet_keys
from moderation.storage import coral as coral_secrets
from moderation.storage import migrate, secrets, sites
from moderation.storage.engine import Database
from moderation.text.links import count_links
from moderation.text.markup import plain_text
from moderation.text.normalise import Normalised, normalise, normalise_many
from moderation.text.patterns import compile_pattern, find_patterns
from moderation.text.words import find_words
from moderation.web.app import create_app
from moderation.webhooks import signing
from tests.factories import SECRET_KEY, WEBHOOK_SECRET, FakeReader, make_site

MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CORAL_SECRET = "a secret that Coral made for its phase"
GROWTH = 20  # at most so many characters of normalised text for one


def text_of(data: bytes) -> str:
    """Any string, also with halves of characters, as JSON can carry them."""
    return data.decode("utf-8", "surrogateescape")


def normaliser(data: bytes) -> None:
    text = text_of(data)
    found = normalise(text)
    _check_offsets(found, text)
    _check_offsets(normalise(text, latin=True), text)
    codes, _, starts = normalise_many([text, "x", text])
    assert codes[starts[0] : starts[1]].tobytes() == codes[starts[2] : starts[3]].tobytes(), "what stands beside it"
    assert codes[starts[0] : starts[1]].tobytes().decode("utf-32-le", "surrogatepass") == found.text
    assert count_links(text) >= 0
    plain_text(text)


def _check_offsets(found: Normalised, text: str) -> None:
    offsets = found.offsets
    assert len(offsets) == len(found.text) + 1
    assert len(found.text) <= GROWTH * len(text)
    assert all(0 <= a <= b <= len(text) for a, b in pairwise(offsets))
    assert offsets[-1] == len(text)
    for place in range(len(found.text)):
        start, end = found.span(place, place + 1)
        assert 0 <= start < end <= len(text)


def rules(data: bytes) -> None:
    """A first line of what an owner lists, then a comment."""
    line, _, rest = data.partition(b"\n")
    rule, text = text_of(line), text_of(rest)
    for match in find_words(normalise(text), (rule, rule[::-1], "rose")):
        assert 0 <= match.start < match.end <= len(text)
    try:
        compile_pattern(rule)
    except InvalidRequest:
        return
    for match in find_patterns(text, [rule]):
        assert 0 <= match.start < match.end <= len(text)


def signatures(data: bytes) -> None:
    """Three headers and a body, by lines: only the right signature is taken, and nothing else is raised than no."""
    message_id, stamp, sent, body = (data.split(b"\n", 3) + [b""] * 3)[:4]
    headers = {
        "webhook-id": message_id.decode("latin-1"),
        "webhook-timestamp": stamp.decode("latin-1"),
        "webhook-signature": sent.decode("latin-1"),
    }
    with suppress(signing.SignatureError):
        signing.verify([WEBHOOK_SECRET], headers, body, MOMENT)
        _standard_takes(headers, body)
    good = signing.sign(WEBHOOK_SECRET, headers["webhook-id"], int(MOMENT.timestamp()), body)
    headers |= {
        "webhook-timestamp": str(int(MOMENT.timestamp())),
        "webhook-signature": f"{sent.decode('latin-1')} {good}",
    }
    try:
        signing.verify([WEBHOOK_SECRET], headers, body, MOMENT)
    except signing.SignatureInvalid:
        # Refused though signed: only for an id that the standard would have misread, or too many signatures.
        odd = not message_id.isascii() or not message_id.decode("latin-1").isprintable() or set(b". ") & set(message_id)
        assert odd or len(message_id) > signing.MAX_ID or len(headers["webhook-signature"]) > signing.MAX_SIGNATURES
    except signing.SignatureMissing:
        assert not message_id


def _standard_takes(headers: dict[str, str], body: bytes) -> None:
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix(signing.PREFIX))
    right = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert f"v1,{right}" in headers["webhook-signature"].split(" ")


def comments(data: bytes) -> None:
    _send("POST", ("/v1/comments", "/v1/score", "/v1/comments?site=garden"), data, _bearer())


def perspective(data: bytes) -> None:
    _send("POST", ("/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore"), data, _bearer())


def batches(data: bytes) -> None:
    """The parts of one of Google's batches, with KEY for a key."""
    headers = {"Content-Type": "multipart/mixed; boundary=x"}
    body = data.replace(b"KEY", _service().key.encode())
    answer = _service().client.post("/batch", data=body, headers=headers)
    assert answer.status_code < 500, answer.text
    assert b"\r\n\r\nHTTP/1.1 5" not in answer.data, answer.text


def openai(data: bytes) -> None:
    _send("POST", ("/v1/moderations",), data, _bearer())


def akismet(data: bytes) -> None:
    calls = ("comment-check", "submit-spam", "submit-ham", "verify-key", "get-stats")
    _send("POST", tuple(f"/1.1/{call}?api_key={_service().akismet_key}" for call in calls), data, {})


def coral(data: bytes) -> None:
    body = data[1:]
    signature = hmac.new(CORAL_SECRET.encode(), body, "sha256").hexdigest()
    _send("POST", ("/coral/phase", "/coral/phase?hold=PREMOD"), data, {"X-Coral-Signature": f"sha256={signature}"})


# How a body may say it is written; the first byte of the input chooses.
WAYS = (
    {"Content-Type": "application/json"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=utf-16"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "application/json; charset=koi8-r"},
    {},
)


def _send(method: str, paths: tuple[str, ...], data: bytes, headers: dict[str, str]) -> None:
    chosen, body = data[0] if data else 0, data[1:]
    path, way = paths[chosen % len(paths)], WAYS[chosen // len(paths) % len(WAYS)]
    answer = _service().client.open(path, method=method, data=body, headers=[*headers.items(), *way.items()])
    assert answer.status_code < 500, f"{answer.status_code} from {path}: {answer.text}"


def _bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {_service().key}"}


@dataclass(frozen=True, slots=True)
class _Service:
    client: FlaskClient
    key: str
    akismet_key: str


@cache
def _service() -> _Service:
    """One service for all inputs, on a database of its own that goes with the process."""
    folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: S108
    atexit.register(folder.cleanup)
    settings = Settings(
        database_url=f"sqlite:///{folder.name}/fuzz.db",
        secret_key=SECRET_KEY,
        home=Path(folder.name),
        trusted_hosts=("localhost",),
        requests_per_minute=0,
    )
    database = Database(settings.database_url)
    atexit.register(database.dispose)
    migrate.upgrade(database.writer)
    with database.write() as session:
        site = make_site(session)
        key, akismet_key = sites.add_key(session, site), akismet_keys.add_key(session, site, SECRET_KEY)
        sealed = secrets.encrypt(CORAL_SECRET, SECRET_KEY)
        coral_secrets.add_secret(session, site, sealed, others_end_at=MOMENT)
    scorer = Scorer(FakeReader(), deadline_s=60)
    atexit.register(scorer.close)
    return _Service(create_app(settings, database=database, scorer=scorer).test_client(), key, akismet_key)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (normaliser, rules, signatures, comments, perspective, batches, openai, akismet, coral)
}
