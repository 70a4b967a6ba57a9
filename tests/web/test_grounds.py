"""What a card says of a score beyond its reasons: without its heaviest word, and what the article excuses."""

import pytest
import sqlalchemy as sa

from moderation import erasure, intake
from moderation.domain.comment import Article, Author
from moderation.domain.explain import probability
from moderation.domain.policy import Policy, Rule
from moderation.domain.reading import ATTRIBUTES, INSULT, TOXICITY, Context, Reading, Span
from moderation.scoring import Scorer
from moderation.storage import sites
from moderation.storage.policies import save_policy
from moderation.storage.tables import Comment, Decision
from moderation.web.card.grounds import Without, grounds
from tests.factories import NOW, make_submission
from tests.web.conftest import Tags
from tests.web.test_hostile import HOSTILE, assert_inert

BIAS, REST = -2.0, 0.25
WEIGHTS = {"idiot": 2.5, "daft": 0.5, "thanks": -1.5, "<b>": 3.0, "id\u200biot": 2.5}


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


class Weigher:
    """A reader with a weight for some words; those of the article are excused."""

    model = "fake-2"

    def read(self, text, context=Context(), *, spans=True) -> Reading:  # noqa: B008 - Context is frozen
        placed = list(self.places(text))
        excused = tuple(Span(at, end, TOXICITY, 0.5) for at, end, word in placed if word in context.article.split())
        found = tuple(Span(at, end, TOXICITY, WEIGHTS[word]) for at, end, word in placed if word in WEIGHTS)
        logit = BIAS + sum(span.contribution for span in found) + REST
        return Reading(
            scores={**dict.fromkeys(ATTRIBUTES, 0.01), TOXICITY: probability(logit)},
            spans=found,
            model=self.model,
            bias={TOXICITY: BIAS},
            rest={TOXICITY: REST},
            excused=excused,
        )

    def places(self, text):
        at = 0
        for word in text.split():
            at = text.index(word, at)
            yield at, at + len(word), word
            at += len(word)


class Suspicious(Weigher):
    """Takes the whole text for one word that raises the score, and excuses it as well."""

    def read(self, text, context=Context(), *, spans=True) -> Reading:  # noqa: B008 - Context is frozen
        whole = Span(0, len(text), TOXICITY, 4.0)
        scores = {**dict.fromkeys(ATTRIBUTES, 0.01), TOXICITY: probability(BIAS + 4.0)}
        return Reading(scores, (whole,), self.model, bias={TOXICITY: BIAS}, rest={}, excused=(whole,))


@pytest.fixture
def submit(database, site):
    """Send a text and its article's words, read by a Weigher; the scorers are closed afterwards."""
    scorers = []

    def submitted(text, article="", reader=None, **fields):
        scorers.append(Scorer(reader or Weigher(), deadline_s=20))
        sent = make_submission(
            text=text, author=Author(name="Ann"), article=Article("17", title="Bees", text=article), **fields
        )
        intake.submit(database, scorers[-1], site, [sent], now=NOW)

    yield submitted
    for scorer in scorers:
        scorer.close()


def test_the_card_says_what_the_score_would_be_without_its_heaviest_word(browser, submit):
    submit("You daft idiot")

    # sigmoid(-2 + 2.5 + 0.5 + 0.25) and the same without 2.5
    assert "Without “idiot” it would be 22% instead of 78% (rude)" in Tags(browser.get("/").text).text


def test_a_word_that_changes_next_to_nothing_is_not_named(browser, submit, monkeypatch):
    monkeypatch.setitem(WEIGHTS, "idiot", 6.0)
    monkeypatch.setitem(WEIGHTS, "daft", 5.9)
    submit("You daft idiot")

    # over 99%, and 98.4% without it
    assert "it would be" not in Tags(browser.get("/").text).text


@pytest.mark.parametrize(("text", "how_often"), [("idiot idiot", "both times"), ("idiot idiot idiot", "all 3 times")])
def test_a_word_that_stands_there_more_than_once_is_left_out_everywhere(browser, submit, text, how_often):
    submit(text)

    text = Tags(browser.get("/").text).text
    assert f"Without “idiot” ({how_often}) it would be 15% instead of" in text


def test_what_raised_and_what_lowered_a_score_is_told_apart_by_more_than_colour(browser, submit):
    submit("idiot idiot thanks")

    page = browser.get("/").text

    assert '<mark class="scored" title="Raised the score: rude">idiot<span class="spoken"> (rude)</span></mark>' in page
    assert (
        '<mark class="lowered" title="Lowered the score: rude">thanks<span class="spoken"> (less rude)</span></mark>'
        in page
    )


def test_words_that_the_article_excuses_are_named_once(browser, submit):
    submit("idiot stung stung smoked", article="bees stung and were smoked")

    assert "Excused by the article: stung, smoked" in Tags(browser.get("/").text).text


def test_of_many_excused_words_six_are_named(browser, submit):
    article = "one two three four five six seven eight"
    submit(f"idiot {article}", article=article)

    assert "Excused by the article: one, two, three, four, five, six and 2 more" in Tags(browser.get("/").text).text


def test_without_excused_words_the_article_is_not_mentioned(browser, submit):
    submit("idiot", article="bees")

    assert "Excused" not in browser.get("/").text


def test_where_the_sites_list_alone_decided_the_score_is_not_explained(browser, database, site, submit):
    with database.write() as session:
        save_policy(session, site, Policy(words=(Rule("daft"),)))
    submit("A daft bee")

    page = browser.get("/").text

    assert 'class="scored listed"' in page
    assert "Without “" not in page


def test_after_an_edit_no_word_of_the_new_text_is_quoted_by_old_offsets(browser, database, submit):
    submit("idiot stung", article="stung", id="1")
    with database.write() as session:
        session.scalars(sa.select(Comment)).one().revision = 2

    page = browser.get("/").text

    assert "Without “" not in page
    assert "Excused" not in page
    assert "<mark" not in page.split("<article", 1)[1]


def test_an_erased_comment_quotes_nothing(browser, database, site, submit):
    submit("idiot stung", article="stung", id="1")
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()
    erasure.erase(database, site, "1", now=NOW)

    page = browser.get(f"/comments/{comment.id}").text

    assert "idiot" not in page
    assert "Excused" not in page
    assert page.count("stung") == 1  # by the article


def test_a_decision_from_before_the_sum_was_kept_still_has_its_card(browser, database, submit):
    submit("You daft idiot", article="bees")
    with database.write() as session:
        decision = session.scalars(sa.select(Decision)).one()
        decision.receipt = {
            name: kept for name, kept in decision.receipt.items() if name not in {"bias", "rest", "excused"}
        }

    page = Tags(browser.get("/").text).text

    assert "Without “idiot” it would be 22% instead of 78% (rude)" in page


def test_what_is_kept_of_a_reading_makes_its_score_and_holds_no_word(database, submit):
    submit("You daft idiot stung", article="stung")

    with database.read() as session:
        receipt = session.scalars(sa.select(Decision)).one().receipt

    spans = sum(span[3] for span in receipt["spans"])
    assert probability(receipt["bias"][TOXICITY] + spans + receipt["rest"][TOXICITY]) == pytest.approx(
        receipt["scores"][TOXICITY], abs=1e-4
    )
    assert receipt["excused"] == [[15, 20, TOXICITY, 0.5]]
    assert not [word for word in ("daft", "idiot", "stung") if word in str(receipt)]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_word_is_quoted_as_text(browser, database, submit, text):
    submit(text, reader=Suspicious())
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()

    for path in ("/", f"/comments/{comment.id}"):
        page = browser.get(path).text
        assert_inert(page)
        assert "Without “" in page
        assert "Excused by the article" in page


def test_something_hidden_in_a_quoted_word_is_shown_by_its_number(browser, submit):
    submit("id\u200biot")

    badge = '<bdi class="badge" title="zero width space">[U+200B]<span class="spoken"> zero width space</span></bdi>'
    assert f'Without “<bdi class="quoted">id{badge}iot</bdi>”' in browser.get("/").text


def test_a_long_word_is_quoted_by_its_beginning():
    text = "x" * 20_000
    receipt = {
        "scores": {TOXICITY: 0.8},
        "spans": [[0, len(text), TOXICITY, 2.0]],
        "excused": [[0, len(text), TOXICITY, 2.0]],
        "reasons": [{"attribute": TOXICITY}],
    }

    found = grounds(text, receipt)

    assert found.without == Without("x" * 40 + "…", "", "rude", "80%", "35%")
    assert found.excused == ("x" * 40 + "…",)


@pytest.mark.parametrize(
    "receipt",
    [
        {},
        {"scores": {TOXICITY: 0.8}, "reasons": [{"attribute": TOXICITY}]},
        {"scores": {}, "spans": [[0, 2, TOXICITY, 2.0]], "reasons": [{"attribute": TOXICITY}]},
        {"scores": {TOXICITY: 0.8}, "spans": [[0, 2, TOXICITY, -2.0]], "reasons": [{"attribute": TOXICITY}]},
        {"scores": {TOXICITY: 0.8}, "spans": [[50, 60, TOXICITY, 2.0]], "reasons": [{"attribute": TOXICITY}]},
        {"scores": {TOXICITY: 0.8}, "spans": [[0, 2, INSULT, 2.0]], "reasons": [{"attribute": TOXICITY}]},
        {"scores": {TOXICITY: 0.9999}, "spans": [[0, 2, TOXICITY, 0.5]], "reasons": [{"attribute": TOXICITY}]},
        {"scores": {TOXICITY: 1.0}, "spans": [[0, 2, TOXICITY, 2.0]], "reasons": [{"attribute": TOXICITY}]},
    ],
)
def test_a_receipt_that_cannot_say_it_claims_nothing(receipt):
    assert grounds("A text", receipt).without is None


def test_the_parts_of_the_sum_stay_in_the_house(client, database, site, app):
    app.extensions["moderation"].scorer.reader = Weigher()
    with database.write() as session:
        headers = {"Authorization": f"Bearer {sites.add_key(session, site)}"}
    body = {"id": "1", "text": "idiot thanks"}

    scored, stored = (client.post(path, json=body, headers=headers).json for path in ("/v1/score", "/v1/comments"))

    public = {"id", "decision", "reasons", "scores", "spans", "model", "readers", "policy_version"}
    assert set(scored) == public
    assert set(stored) == public | {"state", "version", "decided_by", "status_url", "dashboard_url"}
    assert scored["spans"] == stored["spans"] == [[0, 5, TOXICITY, 2.5], [6, 12, TOXICITY, -1.5]]
