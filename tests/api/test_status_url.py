"""`status_url`: in every answer about a comment, and only where the site has such pages."""

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from moderation.storage import secrets, sites
from moderation.storage.tables import Comment, Site, StatusPage
from tests.factories import SECRET_KEY

COMMENT = {"id": "8841", "text": "You are bad."}


@pytest.fixture
def address(database):
    """The link to the only comment there is."""

    def _address():
        with database.read() as session:
            comment_id = session.scalars(sa.select(Comment.id)).one()
        return f"http://127.0.0.1:8000/status/{secrets.status_token(comment_id, SECRET_KEY)}"

    return _address


def close_pages(database):
    with database.write() as session:
        for site in session.scalars(sa.select(Site)):
            sites.set_status_page(session, site, StatusPage.NONE)


def test_every_answer_about_a_comment_has_the_link(client, post, alice, address):
    answers = [
        post("/v1/comments", COMMENT),
        post("/v1/comments", COMMENT),
        post("/v1/comments/8841/reports", {"reason": "rude"}),
        post("/v1/comments/8841/decision", {"decision": "reject"}),
        client.get("/v1/comments/8841", headers=alice),
    ]

    assert [answer.json["status_url"] for answer in answers] == [address()] * 5
    assert client.get(urlsplit(address()).path).status_code == 200


def test_comments_of_a_batch_have_each_their_own(client, post):
    results = post("/v1/comments", {"comments": [COMMENT, {"id": "2", "text": "Nice."}]}).json["results"]

    links = [result["status_url"] for result in results]
    assert len(set(links)) == 2
    assert "waiting" in client.get(urlsplit(links[0]).path).text
    assert "is published" in client.get(urlsplit(links[1]).path).text


def test_a_comment_that_comes_twice_in_a_batch_is_answered_as_it_stood_each_time(post, address):
    later = {"id": "8841", "text": "Nice."}
    first, second = post("/v1/comments", {"comments": [COMMENT, later]}).json["results"]

    assert [(answer["decision"], answer["version"]) for answer in (first, second)] == [("hold", 1), ("publish", 2)]
    assert first["status_url"] == second["status_url"] == address()


def test_same_id_on_another_site_is_another_comment(client, post, bob):
    ours = post("/v1/comments", COMMENT).json["status_url"]
    theirs = client.post("/v1/comments", json=COMMENT, headers=bob).json["status_url"]

    assert ours != theirs


def test_site_without_pages_gives_no_link_also_in_a_repeated_answer(database, post):
    key = {"Idempotency-Key": "k1"}
    assert post("/v1/comments", COMMENT, headers=key).json["status_url"]

    close_pages(database)

    repeated = post("/v1/comments", COMMENT, headers=key)
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert repeated.json["status_url"] is None


def test_scoring_alone_makes_no_link(post):
    assert "status_url" not in post("/v1/score", {"text": "You are bad."}).json


def test_every_answer_about_a_comment_leads_to_its_card(client, database, post, alice):
    answers = [post("/v1/comments", COMMENT), client.get("/v1/comments/8841", headers=alice)]
    close_pages(database)
    answers.append(post("/v1/comments/8841/decision", {"decision": "reject"}))

    with database.read() as session:
        card = f"http://127.0.0.1:8000/comments/{session.scalars(sa.select(Comment.id)).one()}"
    assert [answer.json["dashboard_url"] for answer in answers] == [card] * 3
    assert "sign-in" in client.get(urlsplit(card).path).headers["Location"]
