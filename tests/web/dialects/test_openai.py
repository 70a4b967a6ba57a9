"""OpenAI's moderation endpoint: its answers to the byte, what it takes, and what it honestly does not know."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from moderation import policies
from moderation.scoring import Scorer
from moderation.storage.tables import Comment
from moderation.web.app import create_app
from moderation.web.dialects.openai import CATEGORIES
from moderation.web.schemas import MAX_BATCH
from tests.factories import FakeReader
from tests.web.dialects import golden

PATH = "/v1/moderations"
HEADERS = ("openai-version", "Retry-After", "Allow")


@pytest.fixture
def call(client, key):
    def _call(body, path=PATH, **options):
        headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
        data = body if isinstance(body, bytes) else json.dumps(body)
        return client.post(path, data=data, headers=headers, **options)

    return _call


@pytest.mark.parametrize("name", golden.names("openai"))
def test_answer_is_the_golden_one(client, key, name):
    def ids(answer):
        return [answer.headers["X-Request-Id"]]

    golden.compare(client, "openai", name, key, headers=HEADERS, ids=ids)


def test_every_map_has_all_thirteen_categories_with_their_types(call):
    [result] = call({"input": "What a bad idea."}).json["results"]
    assert len(CATEGORIES) == 13
    assert list(result) == ["flagged", "categories", "category_scores", "category_applied_input_types"]
    assert list(result["categories"]) == list(CATEGORIES)
    assert list(result["category_scores"]) == list(CATEGORIES)
    assert list(result["category_applied_input_types"]) == list(CATEGORIES)
    assert {type(value) for value in result["categories"].values()} == {bool}
    assert {type(value) for value in result["category_scores"].values()} == {float}
    for name, attributes in CATEGORIES.items():
        assert result["category_applied_input_types"][name] == (["text"] if attributes else [])
        assert attributes or (result["category_scores"][name], result["categories"][name]) == (0.0, False)


def test_one_result_for_a_text_and_for_parts_and_one_for_each_of_many(call):
    assert len(call({"input": "a"}).json["results"]) == 1
    assert len(call({"input": ["a"] * MAX_BATCH}).json["results"]) == MAX_BATCH
    assert len(call({"input": [{"type": "text", "text": "a"}] * 3}).json["results"]) == 1
    assert len(call({"input": {"type": "input_text", "text": "a"}}).json["results"]) == 1
    flags = [result["flagged"] for result in call({"input": ["a", "bad", "a"]}).json["results"]]
    assert flags == [False, True, False]


@pytest.mark.parametrize("model", [None, "", 7, "omni-moderation-2024-09-26", "any-name", "a\0b\ud800"])
def test_any_model_is_taken(call, model):
    answer = call({"input": "a", "model": model})
    assert answer.status_code == 200
    known = isinstance(model, str) and model
    expected = model.replace("\0", "\ufffd").replace("\ud800", "\ufffd") if known else "omni-moderation-latest"
    assert answer.json["model"] == expected


def test_key_is_taken_from_the_places_that_clients_have_for_it(client, key):
    for headers in ({"Authorization": f"bearer {key}"}, {"api-key": key}):
        assert client.post(PATH, json={"input": "a"}, headers=headers).status_code == 200


def test_content_type_and_a_slash_at_the_end_do_not_matter(call):
    for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        assert call({"input": "a"}, headers={"Content-Type": content_type}).status_code == 200
    assert call({"input": "a"}, path=PATH + "/").status_code == 200


@pytest.mark.parametrize("size", [20_480, 20_481])
def test_text_may_be_as_long_as_a_comment(call, size):
    answer = call({"input": ["a", "é" * 10_000 + "a" * (size - 20_000)]})
    assert answer.status_code == (200 if size == 20_480 else 400)
    if size > 20_480:
        error = answer.json["error"]
        assert (error["code"], error["param"]) == ("string_above_max_length", "input[1]")


def test_too_many_texts_and_too_large_a_body_are_refused_in_the_same_shape(call, settings):
    answer = call({"input": ["a"] * (MAX_BATCH + 1)})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "array_above_max_length")
    answer = call(b" " * (settings.max_batch_bytes + 1))
    assert answer.status_code == 413
    assert set(answer.json["error"]) == {"message", "type", "param", "code"}
    answer = call({"input": "a"}, headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.json["error"]["type"]) == (415, "invalid_request_error")


def test_text_that_could_not_be_scored_is_flagged_and_no_category_applies(settings, database, key):
    scorer = Scorer(None)
    client = create_app(settings, database=database, scorer=scorer).test_client()
    answer = client.post(PATH, json={"input": "a"}, headers={"Authorization": f"Bearer {key}"})
    scorer.close()
    [result] = answer.json["results"]
    assert result["flagged"]
    assert set(map(tuple, result["category_applied_input_types"].values())) == {()}
    assert set(result["category_scores"].values()) == {0.0}


def test_site_decides_what_is_flagged(call, database, site):
    policies.change(database, site, {"bands": {"TOXICITY": {"hold": None, "reject": None}}})
    [result] = call({"input": "bad"}).json["results"]
    assert result["flagged"]  # INSULT still holds
    assert result["categories"]["harassment"]
    policies.change(
        database, site, {"bands": {name: {"hold": None, "reject": None} for name in ("TOXICITY", "INSULT")}}
    )
    [result] = call({"input": "bad"}).json["results"]
    assert (result["flagged"], result["categories"]["harassment"]) == (False, False)
    assert result["category_scores"]["harassment"] == 0.9


def test_too_many_requests_are_refused_with_the_time_to_wait(settings, database, key):
    scorer = Scorer(FakeReader())
    client = create_app(replace(settings, requests_per_minute=2), database=database, scorer=scorer).test_client()
    answers = [client.post(PATH, json={"input": "a"}, headers={"Authorization": f"Bearer {key}"}) for _ in range(3)]
    scorer.close()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit-requests"] for answer in answers} == {"2"}
    assert answers[2].json["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_unexpected_error_is_a_server_error_in_the_same_shape(app, call, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("bad words")

    monkeypatch.setattr(app.extensions["moderation"].scorer, "assess", fail)
    answer = call({"input": "a"})
    assert (answer.status_code, answer.json["error"]["type"]) == (500, "server_error")
    assert answer.headers["X-Request-Id"] in answer.json["error"]["message"]
    assert "bad words" not in answer.text


def test_nothing_is_stored(call, database):
    call({"input": "bad"})
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


def test_other_addresses_keep_their_own_errors(client):
    assert client.get("/v1/nothing").content_type == "application/problem+json"
