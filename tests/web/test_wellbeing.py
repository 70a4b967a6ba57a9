"""What a moderator is spared: covered words, attributes they asked not to see; and their own count of hard text."""

import pytest

from moderation import appeals, batches, intake, preferences
from moderation.deciding import Choice
from moderation.domain.comment import Action, Author, Parent
from moderation.domain.reading import ATTRIBUTES, Context, Reading, Span
from moderation.scoring import Scorer
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import utc_now
from moderation.web.card.eyes import EXCERPT
from tests.factories import make_submission
from tests.web.conftest import Tags, decide
from tests.web.test_batches import draw


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


class Swearing:
    """A reader to whom `dang` is swearing, and `gay` and `yobs` an attack."""

    model = "fake-3"

    def read(self, text, context=Context(), *, spans=True) -> Reading:  # noqa: B008 - Context is frozen
        kinds = {"dang": "PROFANITY", "gay": "IDENTITY_ATTACK", "yobs": "IDENTITY_ATTACK"}
        found = tuple(
            Span(text.index(word), text.index(word) + len(word), attribute, 3.0)
            for word, attribute in kinds.items()
            if word in text
        )
        scores = dict.fromkeys(ATTRIBUTES, 0.01) | {span.attribute: 0.9 for span in found}
        scores["TOXICITY"] = 0.8
        return Reading(scores, found, self.model, bias={"IDENTITY_ATTACK": -2.0}, rest={})


@pytest.fixture
def send(database, site):
    scorer = Scorer(Swearing())

    def _send(text, **fields):
        intake.submit(database, scorer, site, [make_submission(text=text, **fields)], now=utc_now())
        with database.read() as session:
            return session.query(Comment).order_by(Comment.id.desc()).first()

    yield _send
    scorer.close()


def covered(page):
    """The covered words of a page, in order."""
    return [part.split("</span>")[0] for part in page.split('<span class="under">')[1:]]


def test_what_a_reader_found_to_be_swearing_is_covered_but_the_name_of_a_group_is_not(browser, send):
    send("You dang gay yobs")

    page = browser.get("/").text

    # The last is the quote in "Without ... it would be".
    assert covered(page)[:2] == ["dang", "yobs"]
    assert page.count("masked word</span>") == len(covered(page))
    assert '<span aria-hidden="true">d•••</span>' in page


def test_our_own_list_covers_wherever_a_stranger_s_words_are_shown(browser, send):
    comment = send("All well", parent=Parent("1", "Oh shit"), author=Author(id="1", name="Fuck Norris"))

    for path in ("/", f"/comments/{comment.id}", f"/comments/{comment.id}/conversation"):
        assert "shit" in covered(browser.get(path).text), path
    assert covered(browser.get(f"/authors/{comment.author_id}").text) == ["Fuck"]


def test_a_quoted_word_is_covered_like_the_word_itself(browser, send):
    send("You yobs")

    page = browser.get("/").text

    assert "Without “" in page
    assert covered(page) == ["yobs", "yobs"]


def test_whoever_wants_no_covers_has_none(browser, database, mona, send):
    preferences.change(database, mona, mask=False)
    send("You dang yobs, shit")

    page = browser.get("/").text

    assert covered(page) == []
    assert "Show masked words" not in page


@pytest.fixture
def lists(browser, database, mona, site, send):
    """Every page that says many comments in short, and the comment that stands on each of them."""

    def _lists(text):
        comment = send(text, author=Author(id="1", name="Ann"))
        version = comment.version
        batch = batches.decide(
            database,
            moderator=mona,
            site=site,
            chosen=[(comment.id, version)],
            choice=Choice(Action.REJECT),
            query={},
            now=utc_now(),
        )
        return {
            "search": f"/search?q={text.split()[0]}",
            "rejected": "/rejected",
            "decided": "/decided",
            "batch": f"/batches/{batch.id}",
            "insight": "/insight/comments",
            "author": f"/authors/{comment.author_id}",
        }

    return _lists


@pytest.mark.parametrize("name", ["search", "rejected", "decided", "batch", "insight", "author"])
def test_lists_cover_what_the_card_covers_and_offer_to_show_it(browser, database, mona, lists, name):
    path = lists("You dang yobs, shit")[name]

    assert set(covered(browser.get(path).text)) == {"dang", "yobs", "shit"}
    assert "Show masked words" in browser.get(path).text
    preferences.change(database, mona, mask=False)
    assert covered(browser.get(path).text) == []


@pytest.mark.parametrize("name", ["search", "decided", "batch", "insight", "author"])
def test_lists_shut_what_a_moderator_asked_not_to_see(browser, database, mona, lists, name):
    path = lists("You yobs")[name]
    preferences.change(database, mona, opted_out=["IDENTITY_ATTACK"])

    page = browser.get(path).text

    assert "Not shown, because you asked not to see attack on identity." in Tags(page).text
    assert page.split('<details class="withheld">')[0].count("yobs") == 0


def test_the_check_of_listed_words_shuts_what_its_owner_asked_not_to_see(browser, database, owner, send):
    comment = send("You yobs")
    decide(browser, comment, "publish")
    preferences.change(database, owner, opted_out=["IDENTITY_ATTACK"])
    form = {"version": "1", "do": "check", "hold": "yobs", "reject": ""}

    page = browser.post("/settings/garden/words", **form).text

    assert page.count("Not shown, because you asked not to see attack on identity.") == 1


def test_a_word_that_is_cut_where_an_excerpt_ends_is_covered_all_the_same(browser, lists):
    path = lists("x" * (EXCERPT - 4) + " motherfucker")["decided"]

    assert covered(browser.get(path).text) == ["mot"]


def test_a_receipt_covers_the_words_that_its_card_covers(browser, database, send):
    comment = send("You yobs")
    with database.read() as session:
        decision = session.query(Decision).where(Decision.comment_id == comment.id).one()

    assert covered(browser.get(f"/decisions/{decision.id}/receipt").text) == ["yobs"]


def test_one_box_shows_all_masked_words_of_a_card_and_is_there_only_where_some_are(browser, send):
    send("You yobs")
    send("All is well")

    assert browser.get("/").text.count("Show masked words") == 1


def test_what_a_moderator_asked_not_to_see_is_shut_until_they_open_it(browser, colleague, database, mona, send):
    preferences.change(database, mona, opted_out=["IDENTITY_ATTACK"])
    comment = send("You yobs")

    for path in (f"/comments/{comment.id}", f"/comments/{comment.id}/conversation"):
        page = browser.get(path).text
        assert "Not shown, because you asked not to see attack on identity." in Tags(page).text
        assert '<p class="text" dir="auto">You' in page.split('<details class="withheld">')[1].split("</details>")[0]
    assert "Not shown" not in colleague.get(f"/comments/{comment.id}").text


def test_hard_comments_that_were_opened_claimed_or_decided_are_counted_for_oneself(browser, colleague, send):
    opened, claimed, decided = (send(f"You yobs, number {number}") for number in range(3))
    harmless = send("Rude, no more")

    browser.get(f"/comments/{opened.id}")
    browser.post(f"/comments/{claimed.id}/claim")
    decide(browser, decided)
    browser.get(f"/comments/{harmless.id}")

    assert "You have read 3 hard comments today. Only you see this." in Tags(browser.get("/").text).text
    assert "hard comment" not in browser.get("/").text.split("<main")[1].split("</main>")[0]
    assert "hard comment" not in colleague.get("/").text


def test_what_was_judged_for_a_batch_or_ticked_in_a_list_was_read_too(browser, send):
    ticked = send("You yobs, ticked")
    browser.post("/batches/selected", action="reject", chosen=f"{ticked.id}:1")
    assert "You have read 1 hard comment today." in Tags(browser.get("/").text).text

    judged = send("You yobs, judged")
    send("You yobs, left alone")
    batch = draw(browser, low=0, high=100, action="reject")
    browser.post(f"{batch}/sample", on=batch, **{f"v-{judged.id}": "bad"})

    assert "You have read 2 hard comments today." in Tags(browser.get("/").text).text


def test_a_hard_comment_whose_objection_was_answered_was_read_too(browser, colleague, database, send):
    comment = send("You yobs, and who asked you")
    decide(colleague, comment)
    appeals.appeal(database, comment_id=comment.id, text="I meant it kindly.", now=utc_now())
    assert "hard comment" not in browser.get("/appeals").text

    browser.post(f"/appeals/{comment.id}/answer", on="/appeals", action="reject", version=2, text="No.")

    assert "You have read 1 hard comment today." in Tags(browser.get("/").text).text


def test_after_many_hard_comments_within_the_hour_a_pause_is_suggested(browser, send, monkeypatch):
    monkeypatch.setattr("moderation.wellbeing.MANY", 2)
    for number in range(2):
        browser.get(f"/comments/{send(f'You yobs, number {number}').id}")

    assert "A few minutes of something else do good" in Tags(browser.get("/").text).text
