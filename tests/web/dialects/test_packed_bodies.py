"""Bodies as other clients send them: packed, under an address with a slash at its end, to the host alone."""

import gzip
import json
import zlib
from urllib.parse import urlencode

import pytest

from moderation.storage import akismet
from tests.factories import SECRET_KEY

BAD = "What a bad idea."
ANALYZE = {"comment": {"text": BAD}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}


def bare_deflate(body):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "Deflate": bare_deflate}


@pytest.fixture
def akismet_key(database, site):
    with database.write() as session:
        return akismet.add_key(session, site, SECRET_KEY, blog="https://garden.example")


@pytest.fixture
def calls(client, key, akismet_key):
    """Each dialect asked about the same text, by a function from its body and headers to the answer."""
    form = {"api_key": akismet_key, "blog": "https://garden.example", "user_ip": "", "comment_content": BAD}

    def _calls(pack, headers):
        for path, body, more in (
            (f"/v1alpha1/comments:analyze?key={key}", json.dumps(ANALYZE), {}),
            ("/v1/moderations", json.dumps({"input": BAD}), {"Authorization": f"Bearer {key}"}),
            ("/1.1/comment-check", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}),
        ):
            yield client.post(path, data=pack(body.encode()), headers={**more, **headers})

    return _calls


@pytest.mark.parametrize("encoding", PACKED)
def test_packed_bodies_are_understood(calls, encoding):
    plain = list(calls(bytes, {}))
    packed = list(calls(PACKED[encoding], {"Content-Encoding": encoding}))
    assert [answer.status_code for answer in packed] == [200, 200, 200]
    assert packed[0].json == plain[0].json
    assert packed[1].json["results"] == plain[1].json["results"]
    assert packed[2].text == plain[2].text == "true"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_broken_or_swollen_bodies_are_refused(calls, settings, encoding):
    pack = PACKED[encoding]
    for spoil in (lambda body: pack(body)[:-6], lambda body: body, lambda _: b""):
        assert [answer.status_code for answer in calls(spoil, {"Content-Encoding": encoding})] == [400, 400, 400]
    bomb = pack(b" " * (settings.max_batch_bytes + 1))
    assert [answer.status_code for answer in calls(lambda _: bomb, {"Content-Encoding": encoding})] == [413, 413, 413]


@pytest.mark.parametrize("path", ["/v1alpha1/comments:analyze/", "/comments:analyze/", "/v1alpha1//comments:analyze"])
def test_a_slash_too_many_does_not_matter(client, key, path):
    assert client.post(f"{path}?key={key}", json=ANALYZE).status_code == 200


def test_discovery_and_suggestions_take_a_slash_at_their_end(client, key):
    assert client.get("/$discovery/rest/?version=v1alpha1").json["name"] == "commentanalyzer"
    suggestion = {"comment": {"text": BAD}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
    assert client.post(f"/v1alpha1/comments:suggestscore/?key={key}", json=suggestion).status_code == 200


@pytest.mark.parametrize("path", ["/moderations", "/moderations/"])
def test_openai_clients_that_were_told_the_host_alone_are_answered(client, key, path):
    answer = client.post(path, json={"input": BAD}, headers={"Authorization": f"Bearer {key}"})
    assert answer.json["results"][0]["flagged"] is True
    assert answer.headers["openai-version"]
    refused = client.get(path)
    assert (refused.status_code, refused.json["error"]["code"]) == (405, "method_not_supported")
    assert client.post(path, json={"input": BAD}).json["error"]["type"] == "invalid_request_error"


def test_what_is_not_served_is_left_out_if_the_client_says_so(client, key):
    """FLIRTATION was the original's, and is none of ours."""
    body = {**ANALYZE, "requestedAttributes": {"TOXICITY": {}, "FLIRTATION": {}}}
    path = f"/v1alpha1/comments:analyze?key={key}"
    assert client.post(path, json=body).json["error"]["message"] == "Unknown requested attribute: FLIRTATION"
    answer = client.post(path, json={**body, "dropUnsupportedAttributes": True})
    assert list(answer.json["attributeScores"]) == ["TOXICITY"]
    body["requestedAttributes"] = {"FLIRTATION": {}}
    assert client.post(path, json={**body, "dropUnsupportedAttributes": True}).json["attributeScores"] == {}
