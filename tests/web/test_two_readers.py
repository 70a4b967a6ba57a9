"""The card says which reader said what, when they disagree, and when one was late."""

import pytest
import sqlalchemy as sa

from moderation import intake
from moderation.domain.comment import Author
from moderation.domain.explain import probability
from moderation.domain.reading import ATTRIBUTES, PROFANITY, TOXICITY, Careful, Context, Reading, Span
from moderation.scoring import Scorer
from moderation.storage import sites
from moderation.storage.tables import Comment, Decision
from moderation.web.card.two_readers import in_ten, two_readers
from tests.factories import NOW, make_submission
from tests.web.conftest import Tags
from tests.web.test_hostile import HOSTILE, assert_inert

BIAS = -2.0


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


class TwoReaders:
    """A reading of both, as if each had given one score; the whole text is the word that raised it."""

    model = "quick-9+careful-9"

    def __init__(self, careful=Careful.ASKED, quick=0.2, alone=0.9):
        self.careful, self.quick, self.alone = careful, quick, alone

    def read(self, text, context=Context(), *, spans=True):  # noqa: B008 - Context is frozen
        whole = Span(0, len(text), TOXICITY, 4.0)
        scores = {**dict.fromkeys(ATTRIBUTES, 0.01), TOXICITY: probability(BIAS + 4.0)}
        each = {"quick": self.quick, "careful": self.alone}
        apart = {name: {**scores, TOXICITY: score} for name, score in each.items()}
        return Reading(
            scores,
            (whole,),
            self.model,
            bias={TOXICITY: BIAS},
            rest={},
            excused=(whole,),
            careful=self.careful,
            apart=apart if self.careful is Careful.ASKED else {},
        )


@pytest.fixture
def submit(database, site):
    """Send a text to a scorer with *reader*; the scorers are closed afterwards."""
    scorers = []

    def submitted(reader, text="for people like you"):
        scorers.append(Scorer(reader, deadline_s=30))
        sent = make_submission(text=text, author=Author(name="Ann"))
        intake.submit(database, scorers[-1], site, [sent], now=NOW)

    yield submitted
    for scorer in scorers:
        scorer.close()


def receipt(quick, careful, *, attribute=TOXICITY, became="asked"):
    return {
        "scores": {attribute: 0.5},
        "careful": became,
        "apart": {"quick": {attribute: quick}, "careful": {attribute: careful}},
        "reasons": [{"attribute": attribute}],
    }


def test_the_card_says_which_reader_said_what_and_that_they_disagree(browser, submit):
    submit(TwoReaders(quick=0.2, alone=0.9))

    page = Tags(browser.get("/").text).text

    assert "By the words alone: 2 in 10. By the sentence: 9 in 10 (rude)." in page
    assert "The words alone look harmless; the sentence does not." in page
    assert "it would be about 12% instead of 88%" in page


@pytest.mark.parametrize(
    ("became", "says"),
    [
        (Careful.LATE, "The careful reader was late; this is the quick reader’s score."),
        (Careful.FAILED, "The careful reader failed; this is the quick reader’s score."),
    ],
)
def test_the_card_says_that_the_careful_reader_gave_no_answer(browser, submit, became, says):
    submit(TwoReaders(careful=became))

    page = Tags(browser.get("/").text).text

    assert says in page
    assert "it would be 12% instead of 88%" in page
    assert "By the words alone" not in page


@pytest.mark.parametrize("became", [Careful.OFF, Careful.NOT_NEEDED])
def test_where_one_reader_was_enough_nothing_is_said_of_two(browser, submit, became):
    submit(TwoReaders(careful=became))

    page = Tags(browser.get("/").text).text

    assert "it would be 12% instead of 88%" in page
    assert "reader" not in page.partition("it would be")[0].rpartition("From the quick reader")[2]
    assert "By the words alone" not in page


def test_a_decision_from_before_there_were_two_still_has_its_card_and_answer(browser, client, database, site, submit):
    submit(TwoReaders())
    with database.write() as session:
        decision = session.scalars(sa.select(Decision)).one()
        decision.receipt = {name: kept for name, kept in decision.receipt.items() if name not in {"careful", "apart"}}
        comment = session.scalars(sa.select(Comment)).one()
        headers = {"Authorization": f"Bearer {sites.add_key(session, site)}"}

    for path in ("/", f"/comments/{comment.id}"):
        page = Tags(browser.get(path).text).text
        assert "it would be 12% instead of 88%" in page
        assert "By the words alone" not in page
    shown = client.get(f"/v1/comments/{comment.external_id}", headers=headers).json
    assert (shown["model"], shown["readers"]) == ("quick-9+careful-9", None)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("became", [Careful.ASKED, Careful.LATE])
def test_a_hostile_text_stays_text_beside_what_the_readers_said(browser, database, submit, text, became):
    submit(TwoReaders(careful=became), text)
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()

    for path in ("/", f"/comments/{comment.id}"):
        page = browser.get(path).text
        assert_inert(page)
        assert ("By the words alone" in page) is (became is Careful.ASKED)


@pytest.mark.parametrize(
    ("quick", "careful", "says"),
    [
        (0.9, 0.1, "The words look rough; the sentence does not attack anybody."),
        (0.1, 0.9, "The words alone look harmless; the sentence does not."),
        (0.4, 0.6, None),  # on both sides of likely, but close
        (0.6, 0.95, None),  # far, but both likely
        (0.05, 0.45, None),  # far, but both unlikely
    ],
)
def test_readers_disagree_where_much_lies_between_and_only_one_finds_it_likely(quick, careful, says):
    said = two_readers(receipt(quick, careful))

    assert said[1:] == ((says,) if says else ())


def test_of_swearing_nobody_says_that_it_attacks():
    assert two_readers(receipt(0.9, 0.1, attribute=PROFANITY)) == (
        "By the words alone: 9 in 10. By the sentence: 1 in 10 (swearing).",
        "The words look rough; the sentence does not.",
    )


@pytest.mark.parametrize(
    "incomplete",
    [
        {},
        {"careful": None},
        {"careful": "asked"},
        {"careful": "asked", "apart": {"quick": {TOXICITY: 0.5}}},
        {"careful": "asked", "apart": {"quick": {}, "careful": {TOXICITY: 0.5}}},
        {**receipt(0.1, 0.9), "reasons": [{"attribute": "KINDNESS"}]},
    ],
)
def test_of_a_receipt_that_cannot_say_it_nothing_is_claimed(incomplete):
    assert two_readers(incomplete) == ()


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0.0, "under 1 in 10"), (0.04, "under 1 in 10"), (0.2, "2 in 10"), (0.94, "9 in 10"), (1.0, "over 9 in 10")],
)
def test_a_count_of_ten_is_never_certain(score, shown):
    assert in_ten(score) == shown
