"""What readers of the demo blog see of their comments, and what the service is asked."""

import time
from datetime import datetime

import pytest

GARDEN = "/articles/what-a-garden-does-in-november"


def see(client, comment_id, article=GARDEN):
    """The comment as a reader's page shows it, or an empty string."""
    page = client.get(article).text
    return page.partition(f'id="c-{comment_id}"')[2].partition("</article>")[0]


def test_kind_comment_is_published_at_once(post, stranger):
    comment_id = post("Ours takes butter.")

    seen = see(stranger, comment_id)

    assert 'data-state="published"' in seen
    assert "Ours takes butter." in seen


def test_service_is_asked_with_all_that_helps_it(post, service):
    comment_id = post("Ours takes butter.", name="Ann")

    asked = service.requests[0]
    assert asked.path == "/v1/comments"
    assert asked.headers["Authorization"] == "Bearer key-of-the-blog"
    assert asked.headers["Idempotency-Key"] == comment_id
    assert datetime.fromisoformat(asked.body.pop("created_at")).tzinfo is not None
    article, author = asked.body.pop("article"), asked.body.pop("author")
    assert asked.body == {
        "id": comment_id,
        "text": "Ours takes butter.",
        "permalink": f"http://blog.example{GARDEN}#c-{comment_id}",
    }
    assert article["id"] == "what-a-garden-does-in-november"
    assert article["url"] == f"http://blog.example{GARDEN}"
    assert article["title"] == "What a garden does in November"
    assert "dahlias" in article["text"]
    assert author["name"] == "Ann"


def test_author_is_known_again_and_the_cookie_stays_secret(post, service, reader):
    post("One.")
    post("Two.")

    cookie = reader.get_cookie("blog_reader")
    first, second = (request.body["author"]["id"] for request in service.requests)
    assert first == second
    assert cookie.value not in first
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_answer_is_sent_with_its_parent(post, service):
    parent = post("Is the robin fed all year?")

    post("Only when I dig.", parent=parent)

    assert service.requests[1].body["parent"] == {"id": parent, "text": "Is the robin fed all year?"}


def test_held_comment_is_seen_by_its_author_only_with_the_reasons(post, reader, stranger, service, answers):
    service.answer = answers("held", "Insults somebody: 91 of 100 such comments are")

    comment_id = post("You fool.")

    seen = see(reader, comment_id)
    assert 'data-state="held"' in seen
    assert "Waiting for a moderator" in seen
    assert "Insults somebody: 91 of 100 such comments are" in seen
    assert f'href="{service.url}/status/abc"' in seen
    assert "You fool." not in stranger.get(GARDEN).text


@pytest.mark.parametrize("state", ["rejected", "spam"])
def test_refused_comment_says_so_to_its_author(post, reader, stranger, service, answers, state):
    service.answer = answers(state, "Has more links than the site allows")

    comment_id = post("Buy!")

    seen = see(reader, comment_id)
    assert f'data-state="{state}"' in seen
    assert "Not published" in seen
    assert "Has more links than the site allows" in seen
    assert see(stranger, comment_id) == ""


def test_page_after_posting_reloads_only_until_there_is_an_outcome(post, reader, signed, service, answers):
    service.answer = answers("held")
    comment_id = post()
    after_posting = f"{GARDEN}?posted={comment_id}"

    assert 'http-equiv="refresh"' in reader.get(after_posting).text
    assert "<form" not in reader.get(after_posting).text, "nobody may type on a page that reloads"
    assert 'http-equiv="refresh"' not in reader.get(GARDEN).text

    reader.post(**signed(comment_id, "published", 2))
    assert 'http-equiv="refresh"' not in reader.get(after_posting).text


def test_comment_waits_while_the_service_is_away_and_is_then_sent_once(
    app, post, reader, stranger, service, blog_modules
):
    service.stop()
    try:
        comment_id = post("Nothing is lost.")
    finally:
        service.start()

    seen = see(reader, comment_id)
    assert 'data-state="waiting"' in seen
    assert "sent again by itself" in seen
    assert see(stranger, comment_id) == ""

    blog = app.extensions["blog"]
    for seconds in (0, 100, 200):
        blog_modules.sending.send_due(blog.store, blog.service, now=time.time() + seconds)
    assert 'data-state="published"' in see(stranger, comment_id)
    assert [request.headers["Idempotency-Key"] for request in service.requests] == [comment_id]


@pytest.mark.parametrize(
    "trouble",
    [
        (500, {}),
        (500, {"state": "published", "version": 1, "reasons": []}),
        (429, {}),
        (401, {"title": "no such key"}),
        (302, {}),
        (200, b"<html>"),
        (200, []),
        (200, {"state": "published"}),
        (200, {"state": "thrilled", "version": 1, "reasons": []}),
        (200, {"state": "published", "version": 2**70, "reasons": []}),
        (200, {"state": "held", "version": 1, "reasons": [7]}),
        (200, b'{"state": "held", "version": 1, "reasons": [{"message": "\\ud800"}]}'),
        (200, b"[" * 100_000),
    ],
)
def test_comment_waits_while_the_service_answers_nonsense(app, post, reader, service, answers, blog_modules, trouble):
    service.answer = lambda _: trouble
    comment_id = post()
    assert 'data-state="waiting"' in see(reader, comment_id)

    service.answer = answers("published")
    blog = app.extensions["blog"]
    blog_modules.sending.send_due(blog.store, blog.service, now=time.time() + 100)

    assert 'data-state="published"' in see(reader, comment_id)
    first, second = service.requests
    assert first.raw == second.raw
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == comment_id


def test_comment_that_is_being_sent_is_not_sent_again_meanwhile(app, post, service, answers, blog_modules):
    blog = app.extensions["blog"]

    def send_meanwhile(body):
        blog_modules.sending.send_due(blog.store, blog.service, now=time.time())
        blog_modules.sending.send(blog.store, blog.service, body["id"], now=time.time())
        return answers("published")(body)

    service.answer = send_meanwhile
    post()

    assert len(service.requests) == 1


def test_slow_service_is_not_waited_for(post, reader, service, answers, monkeypatch, app):
    def sleep_first(body):
        time.sleep(0.5)
        return answers("published")(body)

    service.answer = sleep_first
    pool = app.extensions["blog"].service._http
    monkeypatch.setitem(pool.connection_pool_kw, "timeout", 0.1)

    comment_id = post()

    assert 'data-state="waiting"' in see(reader, comment_id)


def test_comment_survives_a_restart(post, app, service, blog_modules, tmp_path):
    service.stop()
    try:
        comment_id = post("Still here.")
    finally:
        service.start()

    again = blog_modules.store.Store(tmp_path / "blog.sqlite3")
    blog = app.extensions["blog"]
    blog_modules.sending.send_due(again, blog.service, now=time.time() + 100)

    assert [c.id for c in again.visible("what-a-garden-does-in-november", "")] == [comment_id]


def test_hostile_text_stays_text(post, stranger, service, answers):
    hostile = "<script>alert(1)</script> \"' onmouseover=x {{ 7*7 }} </textarea>"
    service.answer = answers("published", hostile)

    comment_id = post(hostile, name="<b>Ann</b>\u202e")

    seen = see(stranger, comment_id)
    assert "&lt;script&gt;" in seen
    assert "<script" not in seen
    assert "{{ 7*7 }}" in seen
    assert "<bdi>&lt;b&gt;Ann&lt;/b&gt;\u202e</bdi>" in seen


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("", "Hello", "Please give a name"),
        ("A" * 81, "Hello", "at most 80 characters"),
        ("Ann", " \n ", "Please write something"),
        ("Ann", "ж" * 10_241, "20,482 bytes"),
    ],
)
def test_faulty_form_keeps_what_was_typed(reader, service, name, text, complaint):
    answer = reader.post(GARDEN, data={"name": name, "text": text})

    assert answer.status_code == 422
    assert complaint in answer.text
    assert f'value="{name}"' in answer.text
    assert f"{text.strip()}</textarea>" in answer.text
    assert service.requests == []


def test_longest_comment_is_taken(post, service):
    post("ж" * 10_240, name="A" * 80)

    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
    ],
)
def test_form_of_a_foreign_site_is_refused(reader, service, headers, status):
    answer = reader.post(GARDEN, data={"name": "Ann", "text": "Hello"}, headers=headers)

    assert answer.status_code == status
    assert len(service.requests) == (status == 303)


@pytest.mark.parametrize("path", ["/", GARDEN, "/nowhere", "/static/style.css"])
def test_every_page_forbids_scripts_and_framing(reader, path):
    with reader.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]

    directives = ["default-src 'none'", "style-src 'self'", "form-action 'self'", "base-uri 'none'"]
    assert policy.split("; ") == [*directives, "frame-ancestors 'none'"]


def test_front_page_lists_articles_and_links_to_the_service(reader, service, post):
    post()
    page = reader.get("/").text

    assert "Letters thrown from the train" in page
    assert "What a garden does in November" in page
    assert "1 comment<" in page
    assert f'href="{service.url}"' in page


def test_unknown_article_is_not_found(reader):
    assert reader.get("/articles/nowhere").status_code == 404
    assert reader.post("/articles/nowhere", data={"name": "Ann", "text": "Hi"}).status_code == 404


def test_demo_comments_are_sent_like_any_other_and_only_once(app, service, blog_modules, stranger):
    blog = app.extensions["blog"]

    blog_modules.app.add_demo_comments(blog)
    blog_modules.app.add_demo_comments(blog)
    blog_modules.sending.send_due(blog.store, blog.service, now=time.time())

    entries = [e for e in blog_modules.articles.read_comments() if e["article"] in blog.articles]
    assert [request.body["text"] for request in service.requests] == [entry["text"] for entry in entries]
    assert "Ours takes butter" in stranger.get(GARDEN).text


def test_article_of_the_shared_folder_is_shown_when_it_is_there(reader, blog_modules, tmp_path, monkeypatch):
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "article_and_comment.json").write_text(
        '{"article": {"id": "s-1", "title": "Shared", "publisher": "A paper", "text": "One.\\n\\nTwo."}}'
    )
    monkeypatch.setenv("MODERATION_SHARED", str(tmp_path))

    article = blog_modules.articles.read_articles()["s-1"]

    assert article.byline == "From A paper"
    assert article.paragraphs == ["One.", "Two."]
