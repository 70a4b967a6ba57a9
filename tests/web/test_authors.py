"""An author's page, which is also the drawer of a card."""

from datetime import timedelta

import pytest

from moderation import intake, notes, standing
from moderation.domain.comment import Article, Author
from moderation.domain.standing import Standing
from moderation.storage.tables import Comment, Role
from moderation.storage.types import utc_now
from tests.factories import make_moderator, make_submission
from tests.web.conftest import Tags, decide, sign_in_as

ANN = Author(id="u-3", name="Ann <b>", email="ann@example.org", url="https://ann.example")


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def send(app, database, site):
    """Let Ann's comments arrive; the last one."""

    def _send(*texts, author=ANN):
        for text in texts:
            sent = make_submission(text=text, author=author, article=Article("17", title="Bees"))
            intake.submit(database, app.extensions["moderation"].scorer, site, [sent], now=utc_now())
        with database.read() as session:
            return session.query(Comment).order_by(Comment.id.desc()).first()

    return _send


@pytest.fixture
def owner(app, database, site):
    """Olga, signed in, who owns the site."""
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
    return sign_in_as(app, database, olga)


def text_of(browser, comment, **options):
    return Tags(browser.get(f"/authors/{comment.author_id}", **options).text).spaced


def test_the_card_leads_to_its_author(browser, send):
    comment = send("a bad thing")

    links = [attrs for attrs in Tags(browser.get("/").text).named("a") if attrs.get("data-does") == "author"]

    assert [attrs["href"] for attrs in links] == [f"/authors/{comment.author_id}"]


def test_the_page_counts_comments_and_what_became_of_them(browser, send):
    comment = send("lovely", "lovely too", "a bad thing")
    decide(browser, comment, "reject", note="Please stay kind.")

    text = text_of(browser, comment)

    assert "Comments 3" in text
    assert "Refused 33% of 3 decided" in text
    assert "First seen just now" in text
    assert "2 published, 1 rejected" in text
    assert "Mona rejected it just now Please stay kind." in text
    assert "on Bees just now rejected a bad (rude) thing" in text


def test_notes_on_an_author_are_written_and_read(browser, colleague, send):
    comment = send("a bad thing")

    browser.post(f"/authors/{comment.author_id}/notes", text="Known <since> May")

    page = colleague.get(f"/authors/{comment.author_id}").text
    assert "Known &lt;since&gt; May" in page
    assert "Mona · just now Known" in Tags(page).spaced


def test_an_empty_note_is_refused_where_it_was_written(browser, send):
    comment = send("a bad thing")

    answer = browser.post(f"/authors/{comment.author_id}/notes", text=" ")

    assert answer.status_code == 422
    assert "A note has 1 to 4000 characters." in Tags(answer.text).spaced


@pytest.mark.parametrize(
    ("given", "text", "state", "reason"),
    [
        ("watched", "lovely", "held", "Its author is being watched (until "),
        ("blocked", "lovely", "rejected", "Its author is blocked (until "),
        ("trusted", "a bad thing", "published", "Its author is trusted here (until "),
    ],
)
def test_an_owner_gives_a_standing_that_the_next_comment_names_as_its_reason(owner, send, given, text, state, reason):
    comment = send("lovely")

    owner.post(f"/authors/{comment.author_id}/standing", standing=given, period="week", why="Long known")
    following = send(text)

    assert following.state == state
    page = Tags(owner.get(f"/comments/{following.id}").text).spaced
    assert f"From its history {reason}" in page
    assert (
        Tags(owner.get(f"/comments/{following.id}").text).found.count(("strong", {"class": f"standing-{given}"})) == 1
    )
    shown = text_of(owner, comment)
    assert f"{given.capitalize()} until " in shown
    assert "says Olga : Long known" in shown


def test_a_standing_is_taken_away_again(owner, send):
    comment = send("lovely")
    owner.post(f"/authors/{comment.author_id}/standing", standing="watched", period="")
    assert "Watched until somebody changes it" in text_of(owner, comment)

    owner.post(f"/authors/{comment.author_id}/standing", standing="", period="week")

    assert send("lovely too").state == "published"
    assert "Watched until" not in text_of(owner, comment)


def test_a_standing_that_ran_out_is_not_shown(owner, database, site, mona, send):
    comment = send("a bad thing")
    long_ago = utc_now() - timedelta(days=9)
    standing.change(
        database,
        moderator=mona,
        site_ids=[site.id],
        author_id=comment.author_id,
        standing=Standing.BLOCKED,
        until=long_ago + timedelta(days=7),
        now=long_ago,
    )

    assert "Blocked until" not in text_of(owner, comment)
    assert "blocked" not in Tags(owner.get("/").text).spaced


@pytest.mark.parametrize("fields", [{"standing": "king", "period": "week"}, {"standing": "watched", "period": "ever"}])
def test_what_is_no_standing_is_refused_in_words(owner, send, fields):
    comment = send("lovely")

    answer = owner.post(f"/authors/{comment.author_id}/standing", **fields)

    assert answer.status_code == 422
    assert "Choose a standing" in Tags(answer.text).spaced
    assert send("just as lovely").state == "published"


def test_only_an_owner_gives_a_standing_and_a_viewer_only_looks(browser, viewer, send):
    comment = send("a bad thing")
    path = f"/authors/{comment.author_id}"

    assert browser.post(f"{path}/standing", standing="watched", period="week").status_code == 403
    assert viewer.post(f"{path}/notes", text="x").status_code == 403
    assert "Trust, watch or block" not in text_of(browser, comment)
    assert "A note for the other moderators" not in text_of(viewer, comment)
    assert "ann@example.org" not in text_of(browser, comment)


def test_an_author_of_another_site_is_not_there(app, database, other_site, send):
    comment = send("a bad thing")
    with database.write() as session:
        stranger = make_moderator(session, other_site, email="sam@example.org", role=Role.OWNER)
    sam = sign_in_as(app, database, stranger)

    assert sam.get(f"/authors/{comment.author_id}").status_code == 404
    for what in ("notes", "standing"):
        assert sam.post(f"/authors/{comment.author_id}/{what}", text="x", standing="", period="").status_code == 404


def test_the_drawer_gets_the_page_s_content_alone(owner, send):
    comment = send("a bad thing")
    path, part = f"/authors/{comment.author_id}", {"HX-Request": "true"}

    drawer, whole = Tags(owner.get(path, headers=part).text), Tags(owner.get(path).text)

    assert not drawer.named("html")
    assert not drawer.named("nav")
    assert whole.named("html")
    posts = {attrs["hx-post"] for attrs in drawer.named("form") if "hx-post" in attrs}
    assert posts == {f"{path}/notes", f"{path}/standing"}
    assert not [attrs for attrs in whole.named("form") if "hx-post" in attrs]


def test_what_the_drawer_sends_is_answered_with_the_drawer(owner, database, send):
    comment = send("a bad thing")
    token = Tags(owner.get(f"/authors/{comment.author_id}").text).named("input")[0]["value"]

    answer = owner.client.post(
        f"/authors/{comment.author_id}/notes",
        data={"csrf_token": token, "text": "Well known"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    assert "Olga · just now Well known" in Tags(answer.text).spaced
    with database.read() as session:
        assert [note.text for note in notes.of_author(session, comment.author_id)] == ["Well known"]
