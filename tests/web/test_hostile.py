"""Comments are written by strangers: whatever they hold, the dashboard shows it as text."""

import pytest
import sqlalchemy as sa

from moderation import notes, reports
from moderation.domain.comment import Action, Actor, State
from moderation.storage import sites
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import utc_now
from tests.factories import NOW
from tests.web.conftest import Tags, decide


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p></article><form action=https://evil.example><button>Approve</button>",
    '" onmouseover="alert(1)" style="position:fixed',
    "<style>*{display:none}</style><!-- ",
    "{{ 7 * 7 }}{% raw %}",
    "\u202e\u2066 right to left \u202c",
    "Z" + "\u0335\u0489" * 200,
    "NUL\x00here",
    "<bad" + "x" * 20_000,
    "]]>&lt;script&gt;",
    "https://p\u0430ypal.example@evil.example/<b>\u202e",
    "shit<script>f\u200bu\u200bc\u200bk</script>" + "fuck" * 3_000,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3f4\U000e0067\U000e0062\U000e007f\ufe0f\u20e3" * 40,
    "\ud83d is half an emoji".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_as_text_on_every_page(client, browser, database, site, mona, text):
    with database.write() as session:
        key = sites.add_key(session, site)
    short = text[:200]
    body = {
        "id": short[:150],
        "text": f"bad {text}",
        "article": {"id": "1", "url": f"javascript://blog.example/%0a{short}", "title": short},
        "parent": {"id": "2", "text": text},
        "author": {"id": "u-1", "name": short, "url": f"javascript:{short}"},
        "permalink": "javascript://blog.example/%0aalert(1)",
    }
    sent = client.post("/v1/comments", json=body, headers={"Authorization": f"Bearer {key}"})
    assert sent.status_code == 201, sent.text
    with database.write() as session:
        comment = session.scalars(sa.select(Comment)).one()
        first = session.scalars(sa.select(Decision)).one()
        session.add(
            Decision(
                site_id=site.id,
                comment_id=comment.id,
                version=2,
                revision=1,
                action=Action.HOLD,
                state_before=State.HELD,
                actor=Actor.BLOG,
                note=text.replace("\x00", "")[:2000],
                receipt={},
                created_at=utc_now(),
            )
        )
        comment.version = 2
    reports.report(database, site, comment.external_id, reporter=None, reason=text.replace("\x00", ""), now=NOW)

    conversation, author = f"/comments/{comment.id}/conversation", f"/authors/{comment.author_id}"
    receipt = f"/decisions/{first.id}/receipt"
    notes.add(
        database, moderator=mona, site_ids=[site.id], text=f"Note: {text[:999]}", author_id=comment.author_id, now=NOW
    )
    paths = ["/", f"/comments/{comment.id}", "/deliveries", conversation, author, receipt]
    pages = [browser.get(path).text for path in paths]
    pages += [browser.get(path, headers={"HX-Request": "true"}).text for path in (conversation, author, receipt)]
    decide(browser, comment, "publish", version=2)
    pages.append(browser.get("/decided").text)
    reports.report(database, site, comment.external_id, reporter=None, reason=short.replace("\x00", ""), now=NOW)
    pages.append(browser.get("/reported").text)

    for page in pages:
        assert_inert(page)


def assert_inert(page):
    tags = Tags(page)
    assert all(attrs["src"].startswith("/static/") for attrs in tags.named("script"))
    assert not tags.named("img")
    assert not tags.named("style")
    for tag, attrs in tags.found:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        for name in ("href", "action", "src", "hx-get", "hx-post"):
            assert attrs.get(name, "/").startswith(("/", "#")), (tag, attrs)
    assert not set(page) & set("\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_nul_is_shown_as_a_replacement_character(client, browser, database, site):
    with database.write() as session:
        key = sites.add_key(session, site)

    client.post("/v1/comments", json={"id": "1", "text": "bad\x00boy"}, headers={"Authorization": f"Bearer {key}"})

    assert "</mark>\ufffdboy" in browser.get("/").text
