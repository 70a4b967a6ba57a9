"""A key for scoring alone scores, and opens nothing else."""

import re

import pytest

from moderation.storage import sites
from tests.factories import make_site

SCORING = [
    ("/v1/score", {"text": "Lovely roses."}),
    ("/v1/moderations", {"input": "Lovely roses."}),
    ("/v1alpha1/comments:analyze", {"comment": {"text": "Lovely roses."}, "requestedAttributes": {"TOXICITY": {}}}),
]


@pytest.fixture
def database(sqlite_database):
    """Who may do what does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def site(database):
    with database.write() as session:
        return make_site(session)


@pytest.fixture
def scoring(database, site):
    with database.write() as session:
        return {"Authorization": f"Bearer {sites.add_key(session, site, name='client', scores_only=True)}"}


@pytest.mark.parametrize(("path", "body"), SCORING)
def test_it_scores(client, scoring, path, body):
    assert client.post(path, json=body, headers=scoring).status_code == 200


def test_it_opens_nothing_else(app, client, scoring):
    tried = set()
    for rule in app.url_map.iter_rules():
        opens = getattr(app.view_functions[rule.endpoint], "_open_to", "") in ("sites", "dialect")
        if not opens or str(rule).startswith(("/1.1/", "/1.2/")):  # Akismet's clients have keys of another kind
            continue
        path = re.sub("<[^>]+>", "x", str(rule))
        if path.rstrip("/") in {path for path, _ in SCORING} | {"/moderations", "/comments:analyze"}:
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method, json={}, headers=scoring)
            tried.add(path)
            assert answer.status_code >= 400, (method, path)
            if path.startswith("/v1/"):
                assert answer.status_code in (403, 404), (method, path)
    assert {"/v1/comments", "/v1/site", "/v1alpha1/comments:suggestscore"} <= tried
    refused = client.get("/v1/comments", headers=scoring)
    assert (refused.status_code, refused.json["type"]) == (403, "urn:moderation:problem:key-scores-only")


def test_each_dialect_says_so_in_its_own_words(client, scoring):
    label = {"comment": {"text": "x"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
    answer = client.post("/v1alpha1/comments:suggestscore", json=label, headers=scoring)

    assert (answer.status_code, answer.json["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert "scoring alone" in answer.json["error"]["message"]


def test_the_key_in_its_place_has_the_same_reach(client, database, site, scoring):
    now = site.created_at
    with database.write() as session:
        [old] = [key for key in sites.list_keys(session, site.id) if key.scores_only]
        new = sites.rotate_key(session, site, old.id, ends_at=now)

    headers = {"Authorization": f"Bearer {new}"}
    assert client.post("/v1/score", json={"text": "Roses."}, headers=headers).status_code == 200
    assert client.get("/v1/comments", headers=headers).status_code == 403
