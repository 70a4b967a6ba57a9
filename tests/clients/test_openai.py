"""`openai`, the Python and the Node client, with nothing changed but their address."""

import openai
import pytest

from moderation.web.dialects.openai import CATEGORIES
from tests.clients.conftest import KIND, TRIES, UNKIND, often

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/roses.png"}}
TOO_LONG = "a" * 20_481


@pytest.fixture
def client(service, keys):
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key=keys.api_key, max_retries=0) as client:
        yield client


@pytest.fixture
def ask_node(service, keys, node):
    def _ask(*calls, api_key=keys.api_key):
        return node("openai_client.mjs", {"baseURL": f"{service.url}/v1", "apiKey": api_key, "calls": calls})

    return _ask


def test_text_is_flagged_with_what_is_known_of_it(client):
    answer = client.moderations.create(input=UNKIND)

    [result] = answer.results
    assert answer.model == "omni-moderation-latest"
    assert answer.id.startswith("modr-")
    assert answer._request_id
    assert result.flagged
    assert result.categories.harassment
    assert result.category_scores.harassment > 0.5
    assert result.category_applied_input_types.harassment == ["text"]
    assert not result.categories.self_harm_intent
    assert result.category_scores.self_harm_intent == 0
    assert result.category_applied_input_types.self_harm_intent == []
    assert set(result.categories.to_dict()) == set(CATEGORIES)


def test_every_form_of_input_is_taken(client):
    many = client.moderations.create(input=[KIND, UNKIND], model="text-moderation-stable")
    assert [result.flagged for result in many.results] == [False, True]
    assert many.model == "text-moderation-stable"

    parts = client.moderations.create(input=[{"type": "text", "text": UNKIND}, IMAGE])
    assert [result.flagged for result in parts.results] == [True]
    assert parts.results[0].category_applied_input_types.violence == []


def test_headers_are_those_that_its_users_read(client):
    answer = client.moderations.with_raw_response.create(input=KIND)
    assert answer.headers["x-request-id"] == answer.request_id
    assert answer.headers["openai-version"] == "2020-10-01"
    assert answer.headers["x-ratelimit-limit-requests"] == "60"
    assert int(answer.headers["x-ratelimit-remaining-requests"]) < 60
    assert answer.headers["x-ratelimit-reset-requests"].endswith("s")


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ("", "empty_string", "input"),
        ([], "empty_array", "input"),
        ([KIND, ""], "empty_string", "input[1]"),
        (TOO_LONG, "string_above_max_length", "input"),
        ([IMAGE], "no_text", "input"),
    ],
)
def test_input_that_cannot_be_taken_raises_its_bad_request(client, given, code, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(input=given)
    assert (caught.value.code, caught.value.param, caught.value.type) == (code, param, "invalid_request_error")
    assert caught.value.request_id


def test_wrong_key_raises_its_authentication_error(client):
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="sk-wrong").moderations.create(input=KIND)
    assert caught.value.code == "invalid_api_key"


def test_too_many_requests_raise_its_rate_limit_error(service, client, keys):
    service.use_up("/v1/moderations", json={"input": KIND}, headers={"Authorization": f"Bearer {keys.api_key}"})
    with pytest.raises(openai.RateLimitError) as caught:
        often(lambda: client.moderations.create(input=KIND))
    assert caught.value.code == "rate_limit_exceeded"
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60


def test_wrong_address_and_too_large_a_body_raise_its_own_errors(client):
    with pytest.raises(openai.NotFoundError):
        client.post("/moderations/latest", cast_to=object, body={})
    with pytest.raises(openai.APIStatusError) as caught:
        client.moderations.create(input="a" * 5_000_000)
    assert caught.value.status_code == 413


def test_node_client_reads_every_form_of_input(ask_node):
    one, many, parts = ask_node(
        {"input": UNKIND}, {"input": [KIND, UNKIND]}, {"input": [{"type": "text", "text": UNKIND}, IMAGE]}
    )
    assert one["data"]["results"][0]["categories"]["harassment"] is True
    assert one["requestId"]
    assert [result["flagged"] for result in many["data"]["results"]] == [False, True]
    assert len(parts["data"]["results"]) == 1


def test_node_client_raises_its_own_errors(service, ask_node, keys):
    answers = ask_node({"input": ""}, {"input": TOO_LONG}, {"input": [IMAGE]})
    assert [(answer["error"], answer["code"]) for answer in answers] == [
        ("BadRequestError", "empty_string"),
        ("BadRequestError", "string_above_max_length"),
        ("BadRequestError", "no_text"),
    ]
    assert all(answer["isOwn"] and answer["requestId"] for answer in answers)
    [answer] = ask_node({"input": KIND}, api_key="sk-wrong")
    assert (answer["error"], answer["status"], answer["code"]) == ("AuthenticationError", 401, "invalid_api_key")

    service.use_up("/v1/moderations", json={"input": KIND}, headers={"Authorization": f"Bearer {keys.api_key}"})
    limited = [answer for answer in ask_node(*[{"input": KIND}] * TRIES) if "error" in answer]
    assert {(answer["error"], answer["code"]) for answer in limited} == {("RateLimitError", "rate_limit_exceeded")}
