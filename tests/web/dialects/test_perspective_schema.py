"""Every field of every answer is in the discovery document, and of its type; and nothing that is sent makes a 5xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.domain.reading import ATTRIBUTES
from moderation.web.dialects.perspective.discovery import document

SCHEMAS = document("http://localhost")["schemas"]
TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}


def check(value, schema, place="answer"):
    """Raise where *value* is not what *schema* says."""
    schema = SCHEMAS[schema["$ref"]] if "$ref" in schema else schema
    if schema["type"] == "array":
        assert isinstance(value, list), place
        for item in value:
            check(item, schema["items"], f"{place}[]")
    elif schema["type"] == "object":
        assert isinstance(value, dict), place
        for name, item in value.items():
            inner = schema.get("additionalProperties") or schema.get("properties", {}).get(name)
            assert inner is not None, f"{place}.{name}"
            check(item, inner, f"{place}.{name}")
    else:
        assert isinstance(value, TYPES[schema["type"]]), place
        assert value in schema.get("enum", [value]), place


@pytest.mark.parametrize("by_sentence", [True, False])
def test_every_field_of_an_analysis_is_described(client, key, by_sentence):
    body = {
        "comment": {"text": "A bad idea. A kind one."},
        "requestedAttributes": {name: {} for name in ATTRIBUTES},
        "spanAnnotations": by_sentence,
        "clientToken": "c",
    }
    answer = client.post(f"/v1alpha1/comments:analyze?key={key}", json=body).json
    assert set(answer) == set(SCHEMAS["AnalyzeCommentResponse"]["properties"])
    check(answer, {"$ref": "AnalyzeCommentResponse"})
    for scores in answer["attributeScores"].values():
        assert set(scores) == set(SCHEMAS["AttributeScores"]["properties"])
        assert set(scores["spanScores"][0]) == set(SCHEMAS["SpanScore"]["properties"])
        assert set(scores["summaryScore"]) == set(SCHEMAS["Score"]["properties"])


def test_every_field_of_a_suggestions_answer_is_described(client, key):
    body = {
        "comment": {"text": "Hi"},
        "attributeScores": {"THREAT": {"summaryScore": {"value": 0}}},
        "languages": ["en"],
        "clientToken": "c",
    }
    answer = client.post(f"/v1alpha1/comments:suggestscore?key={key}", json=body).json
    assert set(answer) == set(SCHEMAS["SuggestCommentScoreResponse"]["properties"])
    check(answer, {"$ref": "SuggestCommentScoreResponse"})


FUZZED = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
ENTRY = st.fixed_dictionaries({}, optional={"text": JSON, "type": SCALARS}) | JSON
ID = st.fixed_dictionaries({"Coral_comment_id": JSON}, optional={"url": TEXT}).map(json.dumps)
NAMES = st.sampled_from([*ATTRIBUTES, "TOXICITY_EXPERIMENTAL"]) | TEXT
SCORE = st.fixed_dictionaries({}, optional={"value": SCALARS | st.floats(0, 1), "type": SCALARS}) | JSON
SPANS = st.lists(st.fixed_dictionaries({}, optional={"begin": SCALARS, "end": SCALARS, "score": SCORE}), max_size=3)
PARAMETERS = st.fixed_dictionaries({}, optional={"scoreType": SCALARS, "scoreThreshold": SCALARS}) | JSON
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "entries": st.lists(ENTRY | ID.map(lambda text: {"text": text}), max_size=3) | JSON,
        "articleAndParentComment": st.fixed_dictionaries({}, optional={"article": ENTRY, "parentComment": ENTRY})
        | JSON,
    },
)
BODIES = st.fixed_dictionaries(
    {"comment": st.fixed_dictionaries({"text": TEXT.map(lambda text: text + " bad.")}) | ENTRY},
    optional={
        "requestedAttributes": st.dictionaries(NAMES, PARAMETERS, max_size=4) | JSON,
        "attributeScores": st.dictionaries(
            NAMES,
            st.fixed_dictionaries({"summaryScore": SCORE}, optional={"spanScores": SPANS | JSON}) | JSON,
            max_size=4,
        )
        | JSON,
        "context": CONTEXT | JSON,
        "languages": st.lists(st.sampled_from(["en", "en-US", "de", "auto", ""]) | TEXT, max_size=3) | JSON,
        "spanAnnotations": SCALARS,
        "doNotStore": SCALARS,
        "dropUnsupportedAttributes": SCALARS,
        "clientToken": JSON,
    },
)


@FUZZED
@given(
    method=st.sampled_from(["POST"] * 8 + ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    path=st.sampled_from(["analyze"] * 4 + ["suggestscore"] * 4 + ["", "x", "analyze/"]),
    body=BODIES | JSON,
    mangle=st.sampled_from([None] * 6 + ["cut", "latin-1", "utf-16"]),
    content_type=st.sampled_from(
        ["application/json", "", "text/plain; charset=latin-1", "a/b; charset=rot13", "multipart/form-data; boundary=x"]
    ),
    headers=st.sampled_from(
        [{}] * 6 + [{"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, {"X-Goog-Api-Key": "\xff"}]
    ),
    wrong_key=st.sampled_from([""] * 6 + ["x", "%00", "."]),
)
def test_whatever_is_sent_is_answered_in_the_dialect(
    client, key, method, path, body, mangle, content_type, headers, wrong_key
):
    sent = json.dumps(body)
    data = sent[: len(sent) // 2].encode() if mangle == "cut" else sent.encode(mangle or "utf-8", "replace")
    address = f"/v1alpha1/comments:{path}?key={wrong_key or key}"
    answer = client.open(address, method=method, data=data, headers={"Content-Type": content_type, **headers})

    assert answer.status_code < 500, sent
    if answer.status_code >= 400:
        assert {"code", "message", "status"} <= set(answer.json["error"])
        assert answer.json["error"]["code"] == answer.status_code
    elif method == "POST":
        check(answer.json, {"$ref": "AnalyzeCommentResponse" if path == "analyze" else "SuggestCommentScoreResponse"})
