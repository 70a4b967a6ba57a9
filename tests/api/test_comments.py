"""POST /v1/comments and what follows from it."""

from urllib.parse import quote

import pytest

from moderation.domain.policy import DEFAULT_BANDS

COMMENT = {
    "id": "8841",
    "text": "You are bad.",
    "language": "en",
    "created_at": "2026-11-23T09:00:00Z",
    "permalink": "https://blog.example/a#c8841",
    "article": {"id": "17", "url": "https://blog.example/a", "title": "Roses", "text": "All about roses."},
    "parent": {"id": "8840", "text": "I like roses."},
    "author": {"id": "u-3", "name": "Ann", "email": "ann@example.org", "url": "", "ip": "203.0.113.9"},
}


def test_answer_carries_verdict_reasons_scores_spans_and_versions(post):
    response = post("/v1/comments", COMMENT)

    assert response.status_code == 201
    assert list(response.json) == [
        "id",
        "decision",
        "state",
        "version",
        "decided_by",
        "reasons",
        "scores",
        "spans",
        "model",
        "readers",
        "policy_version",
        "status_url",
        "dashboard_url",
    ]
    assert (response.json["id"], response.json["decision"], response.json["state"]) == ("8841", "hold", "held")
    assert response.json["reasons"][0] == {
        "code": "toxicity",
        "source": "classifier",
        "action": "hold",
        "message": "Rude or likely to make people leave the conversation (probability 90%)",
        "attribute": "TOXICITY",
        "score": 0.9,
        "threshold": DEFAULT_BANDS["TOXICITY"].hold,
    }
    assert response.json["spans"] == [[8, 11, "TOXICITY", 2.5]]


def test_only_id_and_text_are_required_and_the_rest_may_be_null(post):
    empty = dict.fromkeys(["language", "created_at", "permalink", "article", "parent", "author"])

    assert post("/v1/comments", {"id": "1", "text": "Nice roses."}).json["decision"] == "publish"
    assert post("/v1/comments", {"id": "2", "text": "Nice tulips.", **empty}).status_code == 201


def test_numbers_are_taken_as_ids_and_unknown_fields_ignored(post):
    body = {"id": 12, "text": "Nice.", "article": {"id": 17, "rating": 5}, "mood": "sunny"}

    assert post("/v1/comments", body).json["id"] == "12"


def test_repeat_is_answered_200_with_the_same_body(post):
    first = post("/v1/comments", COMMENT)
    second = post("/v1/comments", COMMENT)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json


def test_edit_is_scored_and_decided_again(post):
    post("/v1/comments", COMMENT)
    edited = post("/v1/comments", {**COMMENT, "text": "You are kind."})

    assert (edited.status_code, edited.json["state"], edited.json["version"]) == (200, "published", 2)


def test_batch_is_answered_in_order(post):
    response = post("/v1/comments", {"comments": [COMMENT, {"id": "2", "text": "Nice."}]})

    assert response.status_code == 200
    assert [result["id"] for result in response.json["results"]] == ["8841", "2"]


@pytest.mark.parametrize("quoted", ['"k-1"', "k-1"])
def test_idempotency_key_replays_refuses_another_body_and_says_so(post, quoted):
    headers = {"Idempotency-Key": "k-1"}
    first = post("/v1/comments", COMMENT, headers=headers)
    again = post("/v1/comments", COMMENT, headers={"Idempotency-Key": quoted})
    other = post("/v1/comments", {**COMMENT, "id": "other"}, headers=headers)

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json["type"]) == (422, "urn:moderation:problem:idempotency-key-reused")


def test_text_that_no_database_takes_is_stored_with_replacements(post, client, alice):
    response = post("/v1/comments", {"id": "1", "text": "a\x00b\ud800c bad", "author": {"name": "\x00"}})

    assert response.status_code == 201
    assert response.json["spans"] == [[6, 9, "TOXICITY", 2.5]]


def test_comment_of_the_largest_size_is_taken_and_a_byte_more_is_not(post):
    text = "ü" * 10_240

    assert post("/v1/comments", {"id": "1", "text": text}).status_code == 201
    refused = post("/v1/comments", {"id": "2", "text": text + "x"})
    assert (refused.status_code, refused.json["type"]) == (422, "urn:moderation:problem:text-too-long")
    assert refused.json["errors"] == [
        {"pointer": "/text", "detail": "is 20481 bytes of UTF-8; at most 20480 are taken"}
    ]


def test_one_bad_comment_refuses_the_whole_batch_and_names_its_place(post, client, alice):
    response = post("/v1/comments", {"comments": [{"id": "1", "text": "Nice."}, {"id": "2"}]})

    assert response.status_code == 422
    assert response.json["errors"] == [{"pointer": "/comments/1/text", "detail": "is missing"}]
    assert client.get("/v1/comments", headers=alice).json["items"] == []


def test_shown_comment_has_its_history(post, client, alice):
    post("/v1/comments", COMMENT)
    post("/v1/comments/8841/decision", {"decision": "reject", "reason": "rude"})

    shown = client.get("/v1/comments/8841", headers=alice).json

    assert (shown["state"], shown["decided_by"], shown["article_id"]) == ("rejected", "blog", "17")
    assert [(item["decision"], item["decided_by"], item["note"]) for item in shown["history"]] == [
        ("hold", "machine", ""),
        ("reject", "blog", "rude"),
    ]


def test_the_blogs_staff_may_put_a_comment_back(post, client, alice):
    post("/v1/comments", {"id": "1", "text": "Nice roses."})

    answer = post("/v1/comments/1/decision", {"decision": "hold", "reason": "asked the author"})

    assert (answer.status_code, answer.json["state"], answer.json["decided_by"]) == (200, "held", "blog")
    assert post("/v1/comments", {"id": "1", "text": "Nice roses."}).json["state"] == "held"
    assert post("/v1/comments/1/decision", {"decision": "publish"}).json["state"] == "published"


def test_id_with_slashes_and_signs_is_an_id(post, client, alice):
    post("/v1/comments", {**COMMENT, "id": "posts/7?x=ü#c"})

    address = "/v1/comments/posts%2F7%3Fx%3D%C3%BC%23c"
    assert client.get(address, headers=alice).json["id"] == "posts/7?x=ü#c"
    assert client.post(f"{address}/decision", json={"decision": "spam"}, headers=alice).json["state"] == "spam"
    assert client.delete(address, headers=alice).status_code == 204


@pytest.mark.parametrize("slashes", ["/", "//", "a//"])
def test_no_other_comment_is_met_by_an_id_with_slashes(post, client, alice, slashes):
    post("/v1/comments", {"id": "x", "text": "Hello"})
    address = f"/v1/comments/{quote(slashes, safe='')}x"

    assert client.delete(address, headers=alice, follow_redirects=True).status_code == 404
    assert client.get(address, headers=alice).status_code == 404
    assert client.get("/v1/comments/x", headers=alice).json["state"] == "published"

    post("/v1/comments", {"id": f"{slashes}x", "text": "Hello again"})
    assert client.get(address, headers=alice).json["id"] == f"{slashes}x"
    assert client.delete(address, headers=alice).status_code == 204
    assert client.get(address, headers=alice).json["state"] == "erased"
    assert client.get("/v1/comments/x", headers=alice).json["state"] == "published"


def test_list_is_paged_and_filtered(post, client, alice):
    texts = {f"{number}": "You are bad." if number % 2 else f"Nice {number}." for number in range(7)}
    for name, text in texts.items():
        post("/v1/comments", {"id": name, "text": f"{text} {name}"})

    def walk(query):
        seen, address = [], f"/v1/comments?limit=2{query}"
        while address:
            page = client.get(address, headers=alice)
            seen += [item["id"] for item in page.json["items"]]
            link = page.headers.get("Link")
            assert bool(link) == bool(page.json["next_cursor"])
            address = link and link[1 : link.index(">")]
        return seen

    assert walk("") == ["6", "5", "4", "3", "2", "1", "0"]
    assert walk("&state=held") == ["5", "3", "1"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=lost", "state-unknown"),
        ("limit=0", "limit-invalid"),
        ("limit=201", "limit-invalid"),
        ("limit=ten", "limit-invalid"),
        ("cursor=xyz", "cursor-invalid"),
        ("cursor=%C3%BC", "cursor-invalid"),
    ],
)
def test_list_refuses_what_it_cannot_read(client, alice, query, code):
    response = client.get(f"/v1/comments?{query}", headers=alice)

    assert (response.status_code, response.json["type"]) == (422, f"urn:moderation:problem:{code}")


def test_erased_comment_is_gone_and_stays_gone(post, client, alice):
    post("/v1/comments", COMMENT)

    assert client.delete("/v1/comments/8841", headers=alice).status_code == 204
    assert client.delete("/v1/comments/8841", headers=alice).status_code == 204
    assert client.get("/v1/comments/8841", headers=alice).json["state"] == "erased"
    assert post("/v1/comments", COMMENT).json["state"] == "erased"
    refused = post("/v1/comments/8841/decision", {"decision": "publish"})
    assert (refused.status_code, refused.json["type"]) == (409, "urn:moderation:problem:illegal-transition")


def test_reports_hold_a_comment_in_the_end(post):
    post("/v1/comments", {"id": "1", "text": "Nice."})

    answers = [post("/v1/comments/1/reports", {"reason": "rude"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[2].json["state"] == "held"
    assert answers[2].json["reasons"][0]["code"] == "reported"


def test_score_answers_like_a_comment_and_stores_nothing(post, client, alice):
    response = post("/v1/score", {"text": "You are bad.", "article": {"title": "Roses"}})
    batch = post("/v1/score", {"comments": [{"id": "a", "text": "Nice."}, {"text": "bad"}]})

    assert (response.status_code, response.json["decision"]) == (200, "hold")
    assert set(response.json) == {"decision", "reasons", "scores", "spans", "model", "readers", "policy_version"}
    assert response.json["readers"] == {"careful": "off"}
    assert [result["decision"] for result in batch.json["results"]] == ["publish", "hold"]
    assert batch.json["results"][0]["id"] == "a"
    assert client.get("/v1/comments", headers=alice).json["items"] == []


def test_endless_names_and_addresses_are_cut_and_keep_no_comment_out(post, client, alice):
    long = "x" * 5000
    author = {"name": long, "email": long, "url": long, "ip": long}
    article = {"id": "1", "url": long, "title": long}

    response = post(
        "/v1/comments",
        {"id": "1", "text": "Nice.", "permalink": long, "language": long, "author": author, "article": article},
    )

    assert response.status_code == 201
    assert post("/v1/comments/1/reports", {"reason": long}).status_code == 201
