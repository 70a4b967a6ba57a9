"""`google-api-python-client`, with nothing changed but the discovery address; and Coral's requests as it sends them."""

import json

import pytest
import urllib3
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError, UnknownApiNameOrVersion

from tests.clients.conftest import KIND, UNKIND, often

ANALYZER = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


def build_client(service, key):
    return build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=service.url + "/$discovery/rest?version=v1alpha1",
        static_discovery=False,
        cache_discovery=False,
    )


@pytest.fixture
def client(service, keys):
    with build_client(service, keys.api_key) as client:
        yield client


def analyze(client, text=UNKIND, attributes=("TOXICITY",), **more):
    body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes}, **more}
    return client.comments().analyze(body=body).execute()


def test_comment_is_scored(client):
    answer = analyze(client, attributes=("TOXICITY", "INSULT_EXPERIMENTAL"), languages=["en"], clientToken="c-8841")

    assert set(answer) == {"attributeScores", "languages", "detectedLanguages", "clientToken"}
    for name in ("TOXICITY", "INSULT_EXPERIMENTAL"):
        found = answer["attributeScores"][name]
        assert found["summaryScore"]["value"] > 0.5
        assert found["spanScores"] == [{"begin": 0, "end": len(UNKIND), "score": found["summaryScore"]}]
    assert analyze(client, KIND)["attributeScores"]["TOXICITY"]["summaryScore"]["value"] < 0.2


def test_each_sentence_has_its_own_score(client):
    text = f"{KIND} {UNKIND}"
    spans = analyze(client, text, spanAnnotations=True)["attributeScores"]["TOXICITY"]["spanScores"]

    assert [text[span["begin"] : span["end"]] for span in spans] == [KIND, UNKIND]
    kind, unkind = (span["score"]["value"] for span in spans)
    assert kind < 0.2 < 0.5 < unkind


def test_score_is_suggested(client):
    body = {
        "comment": {"text": KIND},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "clientToken": "c-1",
    }
    assert client.comments().suggestscore(body=body).execute() == {"clientToken": "c-1"}


@pytest.mark.parametrize(
    ("text", "more", "message", "kind"),
    [
        ("", {}, "Comment must be non-empty.", "COMMENT_EMPTY"),
        ("a" * 20_481, {}, "Comment text too long.", "COMMENT_TOO_LONG"),
        ("Hi", {"attributes": ()}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
        ("Hi", {"attributes": ("FLIRTATION",)}, "Unknown requested attribute: FLIRTATION", "INVALID_REQUEST"),
        (
            "Guten Tag",
            {"languages": ["de"]},
            "Attribute TOXICITY does not support request languages: de",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
    ],
)
def test_client_raises_its_own_error(client, text, more, message, kind):
    with pytest.raises(HttpError) as caught:
        analyze(client, text, **more)

    assert caught.value.status_code == 400
    assert caught.value.reason == message
    [detail] = caught.value.error_details
    assert (detail["@type"], detail["errorType"]) == (ANALYZER, kind)


def test_a_batch_is_answered_call_by_call(client):
    answers = {}
    batch = client.new_batch_http_request(callback=lambda name, answer, error: answers.update({name: (answer, error)}))
    for name, text in (("kind", KIND), ("empty", ""), ("unkind", UNKIND)):
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
        batch.add(client.comments().analyze(body=body), request_id=name)
    batch.execute()

    kind, unkind = (
        answers[name][0]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for name in ("kind", "unkind")
    )
    assert kind < 0.2 < 0.5 < unkind
    assert answers["empty"][1].reason == "Comment must be non-empty."


def test_bad_key_is_a_bad_request(service):
    with build_client(service, "AIzaSyNotOurs") as client, pytest.raises(HttpError) as caught:
        analyze(client)
    assert caught.value.status_code == 400
    assert caught.value.reason == "API key not valid. Please pass a valid API key."


def test_key_that_asks_too_often(service, client, keys):
    body = json.dumps({"comment": {"text": KIND}, "requestedAttributes": {"TOXICITY": {}}})
    service.use_up(f"/v1alpha1/comments:analyze?key={keys.api_key}", body=body)
    with pytest.raises(HttpError) as caught:
        often(lambda: analyze(client))
    assert caught.value.status_code == 429
    assert caught.value.error_details[0]["reason"] == "RATE_LIMIT_EXCEEDED"


def test_another_api_is_not_found_here(service, keys):
    with pytest.raises((HttpError, UnknownApiNameOrVersion)):
        build(
            "commentanalyzer",
            "v1alpha1",
            developerKey=keys.api_key,
            discoveryServiceUrl=service.url + "/$discovery/rest2?version=v1alpha1",
            static_discovery=False,
            cache_discovery=False,
        )


def test_coral_asks_for_a_score_and_tells_what_its_moderators_decided(service, keys):
    """Endpoint `<service>/v1alpha1` in Coral's settings; it appends the operation and the key."""

    def coral(operation, body):
        return urllib3.request(
            "POST",
            f"{service.url}/v1alpha1/{operation}?key={keys.api_key}",
            body=json.dumps(body),
            headers={"Content-Type": "application/json", "User-Agent": "Coral Perspective/9.11.8"},
            timeout=10,
        ).json()

    asked = {"comment": {"text": UNKIND}, "doNotStore": True, "requestedAttributes": {"TOXICITY": {}}}
    answer = coral("comments:analyze", {**asked, "languages": ["en"]})
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8

    entry = {"url": "https://news.example/a?commentID=8841", "Coral_comment_id": "8841"}
    told = {
        "comment": {"text": UNKIND},
        "context": {"entries": [{"text": json.dumps(entry)}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "languages": ["en"],
        "communityId": "Coral:https://coral.example",
        "clientToken": "comment:8841",
    }
    assert coral("comments:suggestscore", told)["clientToken"] == "comment:8841"
