"""Google's batches: each call in one is answered as if it had come alone."""

import json
import uuid
from dataclasses import replace
from email.parser import BytesParser

import pytest

from moderation.scoring import Scorer
from moderation.storage.tables import Label
from moderation.web.app import create_app
from moderation.web.dialects.perspective import batch
from tests.factories import FakeReader

ANALYZE = "/v1alpha1/comments:analyze"
TYPE = {"Content-Type": "multipart/mixed; boundary=xx"}


def asked(text="What a bad idea."):
    return json.dumps({"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]})


def part(target, body, *, number=1, method="POST", end="\r\n", head=("Content-Type: application/json",)):
    return end.join(
        [
            "--xx",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            f"Content-ID: <{uuid.UUID(int=7)} + {number}>",
            "",
            f"{method} {target} HTTP/1.1",
            *head,
            "",
            body,
            "",
        ]
    )


@pytest.fixture
def send(client):
    def _send(*parts, end="--xx--", client=client, **options):
        return client.post("/batch", data="".join(parts) + end, headers=TYPE, **options)

    return _send


def read(answer):
    """Each part's id, status and JSON, as a client takes them from the answer."""
    assert answer.status_code == 200
    head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
    found = []
    for told in BytesParser().parsebytes(head + answer.data).get_payload():
        assert told.get_content_type() == "application/http"
        line, _, rest = told.get_payload().partition("\r\n")
        found.append((told["Content-ID"], int(line.split()[1]), json.loads(rest.partition("\r\n\r\n")[2])))
    return found


def test_every_call_is_answered_in_order_under_its_id(client, key, send):
    alone = client.post(f"{ANALYZE}?key={key}", data=asked()).json
    texts = {"\r\n": "What a bad idea.", "\n": "Ein Gruß 😀"}
    answers = read(send(*(part(f"{ANALYZE}?key={key}", asked(text), end=end) for end, text in texts.items())))
    assert [status for _, status, _ in answers] == [200, 200]
    assert answers[0][0] == f"<response-{uuid.UUID(int=7)} + 1>"
    assert answers[0][2] == alone
    assert answers[1][2]["attributeScores"]["TOXICITY"]["spanScores"][0]["end"] == 11


def test_a_bad_call_does_not_spoil_the_others(key, send):
    parts = [
        part(f"{ANALYZE}?key={key}", asked("")),
        part(f"{ANALYZE}?key=AIzaNotOurs", asked()),
        part(f"https://moderation.example{ANALYZE}", asked(), head=(f"X-Goog-Api-Key: {key}",)),
        part(f"{ANALYZE}?key={key}", "", method="GET"),
        "--xx\r\nContent-Type: application/http\r\n\r\nnothing\r\n",
    ]
    answers = read(send(*parts))
    assert [status for _, status, _ in answers] == [400, 400, 200, 405, 404]
    assert answers[0][2]["error"]["message"] == "Comment must be non-empty."
    assert answers[1][2]["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_suggestions_are_kept_like_those_that_come_alone(database, key, send):
    body = {"comment": {"text": "See you."}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}}
    assert read(send(part(f"/v1alpha1/comments:suggestscore?key={key}", json.dumps(body))))[0][1] == 200
    with database.read() as session:
        assert session.query(Label).count() == 1


@pytest.mark.parametrize(
    "target", ["/v1/comments", "/", "/batch", "/batch/", "/1.1/verify-key", "//v1alpha1/x", "http://["]
)
def test_calls_of_others_are_not_found(key, send, target):
    [(_, status, answer)] = read(send(part(target, asked(), head=(f"Authorization: Bearer {key}",))))
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")


def test_every_call_counts(settings, database, key, send):
    app = create_app(replace(settings, requests_per_minute=2), database=database, scorer=Scorer(FakeReader()))
    answer = send(*(part(f"{ANALYZE}?key={key}", asked()) for _ in range(3)), client=app.test_client())
    assert [status for _, status, _ in read(answer)] == [200, 200, 429]
    assert b"Retry-After: " in answer.data


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/mixed; boundary=xx"),
        (b"{}", "application/json"),
        (b"{}", ""),
        (b"x", "multipart/mixed"),
        (b"", "multipart/mixed; boundary=\x00\xff"),
        (b"--xx\nContent-Type: multipart/mixed; boundary=xx\n\n" * 3000, "multipart/mixed; boundary=xx"),
    ],
)
def test_what_is_no_batch_is_refused(client, body, kind):
    answer = client.post("/batch", data=body, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code in {200, 400}
    assert b"error" in answer.data


def test_strangers_are_soon_looked_at_no_more(key, send, monkeypatch):
    """A request with a thousand wrong keys must not keep others waiting."""
    monkeypatch.setattr(batch, "MAX_STRANGERS", 2)
    answers = read(send(*(part(f"{ANALYZE}?key={each}", asked()) for each in (key, "a", key, "b", key, "c"))))
    assert [status for _, status, _ in answers] == [200, 400, 200, 400, 400, 400]
    assert answers[4][2] == answers[3][2]


def test_too_many_calls_are_refused_before_any_is_answered(key, send, monkeypatch):
    monkeypatch.setattr(batch, "MAX_PARTS", 2)
    answer = send(*(part(f"{ANALYZE}?key={key}", asked()) for _ in range(3)))
    assert answer.status_code == 400
    assert "at most 2" in answer.json["error"]["message"]
