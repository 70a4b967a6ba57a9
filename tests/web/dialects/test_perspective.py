"""The Comment Analyzer's wire format: every answer byte for byte, and what is taken though Google would not."""

import gzip
import json
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from moderation.domain.reading import ATTRIBUTES, Context
from moderation.scoring import Scorer
from moderation.web.app import create_app
from tests.factories import FakeReader

GOLDEN = Path(__file__).parents[2] / "golden" / "perspective"
ANALYZE = "/v1alpha1/comments:analyze"
BODY = {"comment": {"text": "What a bad idea."}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}


@pytest.fixture
def call(client, key):
    def _call(body, path=ANALYZE, **options):
        return client.post(f"{path}?key={key}", data=body if isinstance(body, bytes) else json.dumps(body), **options)

    return _call


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".request") for path in GOLDEN.glob("*.request")))
def test_answer_is_the_golden_one(client, key, name):
    """A `.request` is its first line, an empty one and the body; KEY stands for the site's key."""
    head, _, body = (GOLDEN / f"{name}.request").read_text(encoding="utf-8").partition("\n\n")
    method, path = head.split()
    answer = client.open(path.replace("KEY", key), method=method, data=body.rstrip("\n").encode())
    found = f"{answer.status_code} {answer.content_type}\n\n{answer.text}"
    assert found == (GOLDEN / f"{name}.answer").read_text(encoding="utf-8")


def test_key_is_taken_from_the_query_and_from_headers(client, key):
    for headers in ({"X-Goog-Api-Key": key}, {"x-goog-api-key": f" {key} "}, {"Authorization": f"Bearer {key}"}):
        assert client.post(ANALYZE, json=BODY, headers=headers).status_code == 200
    assert client.post(f"{ANALYZE}?alt=json&prettyPrint=false&key={key}", json=BODY).status_code == 200


@pytest.mark.parametrize("length", [20_480, 20_481])
@pytest.mark.parametrize("letter", ["a", "é"])
def test_text_may_have_20480_bytes_and_not_one_more(call, length, letter):
    text = letter * (length // len(letter.encode()))
    answer = call({**BODY, "comment": {"text": text + "a" * (length - len(text.encode()))}})
    assert answer.status_code == (200 if length == 20_480 else 400)
    if length == 20_481:
        assert answer.json["error"]["message"] == "Comment text too long."
        assert answer.json["error"]["details"][0]["errorType"] == "COMMENT_TOO_LONG"


def test_body_that_is_too_large_is_refused_in_the_same_shape(call, settings):
    answer = call({**BODY, "clientToken": "x" * settings.max_body_bytes})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, 413)
    answer = call(b"x" * (settings.max_batch_bytes + 1))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, 413)


def test_encoded_body_is_refused_in_the_same_shape(call):
    answer = call(BODY, headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.json["error"]["code"]) == (415, 415)


def test_gzip_is_taken_as_googles_client_for_java_sends_it(call, settings):
    packed = gzip.compress(json.dumps(BODY).encode())
    assert call(packed, headers={"Content-Encoding": "gzip"}).status_code == 200
    for broken in (packed[:-12], b"{}", b""):
        answer = call(broken, headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json["error"]["code"]) == (400, 400)
    bomb = gzip.compress(b" " * (settings.max_body_bytes + 1))
    assert call(bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_text_that_could_not_be_scored_is_no_score_but_503(settings, database, key):
    scorer = Scorer(None)
    answer = (
        create_app(settings, database=database, scorer=scorer).test_client().post(f"{ANALYZE}?key={key}", json=BODY)
    )
    scorer.close()
    assert (answer.status_code, answer.json["error"]["status"]) == (503, "UNAVAILABLE")


def test_answer_comes_before_coral_gives_up(settings, database, key):
    """Coral waits 0.8 s, and publishes what it has no score of."""
    gate = threading.Event()
    scorer = Scorer(FakeReader(before=gate.wait), deadline_s=10)
    start = time.monotonic()
    answer = (
        create_app(settings, database=database, scorer=scorer).test_client().post(f"{ANALYZE}?key={key}", json=BODY)
    )
    took_s = time.monotonic() - start
    gate.set()
    scorer.close()
    assert answer.status_code == 503
    assert 0.5 < took_s < 5  # the deadline of the scorer itself is 10 s


def test_unexpected_error_is_told_in_the_same_shape(app, call, monkeypatch):
    monkeypatch.setattr("moderation.web.dialects.perspective.views.read_analyze", lambda *_: 1 / 0)
    answer = call(BODY)
    assert answer.status_code == 500
    assert answer.json == {"error": {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}}


def test_a_key_that_asks_too_often_hears_429_and_when_to_come_back(settings, database, key):
    scorer = Scorer(FakeReader())
    app = create_app(replace(settings, requests_per_minute=2), database=database, scorer=scorer)
    answers = [app.test_client().post(f"{ANALYZE}?key={key}", json=BODY) for _ in range(3)]
    scorer.close()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    error = answers[2].json["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 120


def test_every_attribute_that_is_scored_is_answered_under_the_name_that_was_asked(call):
    experimental = [f"{name}_EXPERIMENTAL" for name in ATTRIBUTES if name not in {"SPAM", "SEXUALLY_EXPLICIT"}]
    names = [*ATTRIBUTES, *experimental]
    answer = call({**BODY, "requestedAttributes": {name: {} for name in names}})
    assert list(answer.json["attributeScores"]) == names


@pytest.mark.parametrize(
    "body",
    [
        {"comment": {"text": "A bad idea."}, "requestedAttributes": {"TOXICITY": None}},
        {"comment": {"text": "A bad idea."}, "requested_attributes": {"TOXICITY": {"score_type": 1}}},
        {"comment": {"text": "A bad idea.", "type": "plain_text"}, "requestedAttributes": ["TOXICITY"]},
        {"comment": {"text": "A bad idea."}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": "0.5"}}},
        {"comment": {"text": "A bad idea.", "type": 1, "lang": "x"}, "requestedAttributes": {"TOXICITY": {}}, "x": 1},
        {"comment": "A bad idea.", "requestedAttributes": {"TOXICITY": {}}, "languages": "en-US"},
        {"comment": {"text": "A bad idea."}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["de", "en"]},
        {"comment": {"text": "A bad idea."}, "requestedAttributes": {"TOXICITY": {}}, "context": {"entries": None}},
    ],
)
def test_what_can_be_understood_is_taken(call, body):
    answer = call(body)
    assert answer.status_code == 200, answer.text
    assert answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.9


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        (None, "utf-8"),
        ("application/x-www-form-urlencoded", "utf-8"),
        ("text/plain", "utf-8-sig"),
        ("application/json;charset=utf-8", "utf-8"),
        ("application/json; charset=ISO-8859-1", "iso-8859-1"),
        ("application/json; charset=no-such", "utf-8"),
        ("application/json", "utf-16"),
    ],
)
def test_no_content_type_and_any_charset_are_taken(call, content_type, charset):
    body = json.dumps({**BODY, "clientToken": "Zoë"}, ensure_ascii=False).encode(charset)
    assert call(body, content_type=content_type).json["clientToken"] == "Zoë"


def test_discovery_names_the_public_address_and_not_the_callers(settings, database):
    scorer = Scorer(FakeReader())
    app = create_app(replace(settings, public_base_url="https://moderation.example"), database=database, scorer=scorer)
    answer = app.test_client().get("/%24discovery/rest?version=v1alpha1&key=x", headers={"Host": "127.0.0.1"})
    scorer.close()
    assert answer.status_code == 200
    assert answer.json["rootUrl"] == "https://moderation.example/"
    assert not {"auth", "mtlsRootUrl"} & set(answer.json)


class Noting(FakeReader):
    """Remembers what it was told about the comment's surroundings."""

    def __init__(self):
        super().__init__()
        self.contexts = []

    def read(self, text, context=None, *, spans=True):
        self.contexts.append(context)
        return super().read(text, context, spans=spans)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ({"entries": [{"text": "Roses"}, {"text": "are red", "type": "HTML"}]}, Context(article="Roses\n\nare red")),
        (
            {"articleAndParentComment": {"article": {"text": "Roses"}, "parentComment": {"text": "No."}}},
            Context(article="Roses", parent="No."),
        ),
        ({"article_and_parent_comment": {"parent_comment": {"text": "No."}}}, Context(parent="No.")),
        ({"entries": [{"text": '{"Coral_comment_id": "8841", "url": "https://news.example"}'}]}, Context()),
        ({"entries": [{"text": '{"a": 1}'}, 5, None, "x"]}, Context(article='{"a": 1}\n\nx')),
        (None, Context()),
    ],
)
def test_context_reaches_the_readers(settings, database, key, sent, seen):
    reader = Noting()
    scorer = Scorer(reader)
    client = create_app(settings, database=database, scorer=scorer).test_client()
    assert client.post(f"{ANALYZE}?key={key}", json={**BODY, "context": sent}).status_code == 200
    scorer.close()
    assert reader.contexts == [seen]


def test_many_sentences_share_at_most_thirty_spans_that_cover_all_of_them(call):
    text = "A bad day. " * 100
    spans = call({**BODY, "comment": {"text": text}, "spanAnnotations": True}).json["attributeScores"]["TOXICITY"]
    spans = [(span["begin"], span["end"]) for span in spans["spanScores"]]
    assert len(spans) <= 30
    assert (spans[0][0], spans[-1][1]) == (0, len(text.rstrip()))
    assert all(end + 1 == begin for (_, end), (begin, _) in pairwise(spans))


@pytest.mark.parametrize(
    "path",
    [
        "/comments:analyze",
        "/v1alpha1/comments%3Aanalyze",
        "/v1alpha1//comments:analyze",
        "//v1alpha1/comments:analyze",
    ],
)
def test_address_may_be_written_in_other_ways(client, key, path):
    assert client.post(f"http://localhost{path}?key={key}", json=BODY).status_code == 200
