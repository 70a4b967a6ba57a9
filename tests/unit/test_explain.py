"""The sum behind a score, and the score without a word of it."""

import math
from dataclasses import replace

import pytest

from moderation.domain.decision import percent, receipt
from moderation.domain.explain import (
    excused_words,
    is_estimate,
    logit,
    parts_sum,
    probability,
    replay,
    score_without,
    words,
)
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import INSULT, TOXICITY, Careful, Reading, Span, highlights, lowering

TEXT = "Idiot! You utter idiot, thank you."
IDIOT, AGAIN = Span(0, 5, TOXICITY, 1.5), Span(17, 22, TOXICITY, 1.25)
THANK, UTTER = Span(24, 29, TOXICITY, -0.75), Span(11, 16, INSULT, 4.0)
BIAS, REST = -2.0, 0.5
LOGIT = BIAS + 1.5 + 1.25 - 0.75 + REST


@pytest.fixture
def reading():
    return Reading(
        scores={TOXICITY: probability(LOGIT), INSULT: 0.9},
        spans=(IDIOT, AGAIN, THANK, UTTER),
        model="fake-1",
        bias={TOXICITY: BIAS, INSULT: -3.0},
        rest={TOXICITY: REST, INSULT: 0.25},
        excused=(Span(6, 9, TOXICITY, 0.5),),
    )


@pytest.mark.parametrize("score", [1e-12, 0.0001, 0.3, 0.5, 0.97, 1 - 1e-9])
def test_logit_and_probability_undo_each_other(score):
    assert probability(logit(score)) == pytest.approx(score)


def test_certainty_has_an_endless_logit_and_a_large_logit_no_overflow():
    assert (logit(0.0), logit(1.0)) == (-math.inf, math.inf)
    assert (probability(-2000), probability(2000)) == (0.0, 1.0)


def test_bias_spans_and_rest_of_one_attribute_make_its_logit(reading):
    assert parts_sum(reading, TOXICITY) == pytest.approx(logit(reading.scores[TOXICITY]))


def test_a_reading_without_a_bias_states_no_sum():
    assert parts_sum(Reading({TOXICITY: 0.5}, (IDIOT,), "fake-1"), TOXICITY) is None


def test_without_a_word_the_score_is_what_the_rest_of_the_sum_makes(reading):
    assert score_without(reading, TOXICITY, [IDIOT]) == pytest.approx(probability(LOGIT - 1.5))
    assert score_without(reading, TOXICITY, [IDIOT, AGAIN]) == pytest.approx(probability(LOGIT - 2.75))


def test_without_a_lowering_word_the_score_is_higher(reading):
    assert score_without(reading, TOXICITY, [THANK]) > reading.scores[TOXICITY]


def test_without_all_words_there_is_the_bias_and_the_rest(reading):
    assert score_without(reading, TOXICITY, [IDIOT, AGAIN, THANK]) == pytest.approx(probability(BIAS + REST))


def test_an_older_reading_is_taken_apart_from_its_score():
    older = Reading({TOXICITY: probability(1.0)}, (IDIOT,), "fake-1")

    assert score_without(older, TOXICITY, [IDIOT]) == pytest.approx(probability(-0.5))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_of_a_score_that_was_rounded_to_certainty_nothing_is_claimed(score):
    assert score_without(Reading({TOXICITY: score}, (IDIOT,), "fake-1"), TOXICITY, [IDIOT]) is None


def test_of_an_attribute_that_was_not_scored_nothing_is_claimed():
    assert score_without(Reading({}, (), "fake-1"), TOXICITY, []) is None


def test_a_word_that_stands_there_twice_is_one_word_with_two_places(reading):
    first, second = words(TEXT, reading.spans, TOXICITY)

    assert (first.text, first.spans, first.contribution, first.how_often) == (
        "Idiot",
        (IDIOT, AGAIN),
        2.75,
        "both times",
    )
    assert (second.text, second.spans, second.how_often) == ("thank", (THANK,), "")


def test_words_are_ordered_by_their_weight_in_all_and_places_by_the_text():
    spans = [Span(4, 5, TOXICITY, 2.0), Span(2, 3, TOXICITY, 1.5), Span(0, 1, TOXICITY, 1.0)]

    assert [(word.text, [span.start for span in word.spans]) for word in words("a b a", spans, TOXICITY)] == [
        ("a", [0, 4]),
        ("b", [2]),
    ]


def test_a_word_with_something_hidden_in_it_is_still_the_same_word():
    text = "idiot i\u200bdiot i.d.i.o.t"
    spans = [Span(0, 5, TOXICITY, 1.0), Span(6, 12, TOXICITY, 1.0), Span(13, 22, TOXICITY, 1.0)]

    (word,) = words(text, spans, TOXICITY)

    assert (word.text, word.how_often) == ("idiot", "all 3 times")


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (-1, 2), (30, 99)])
def test_a_span_that_fits_no_characters_names_no_word(start, end):
    assert words(TEXT, [Span(start, end, TOXICITY, 1.0)], TOXICITY) == []
    assert excused_words(TEXT, [Span(start, end, TOXICITY, 1.0)]) == []


def test_excused_words_are_named_once_the_heaviest_first():
    spans = [Span(0, 5, TOXICITY, 0.1), Span(6, 9, TOXICITY, 0.9), Span(17, 22, INSULT, 0.2)]

    assert excused_words("Idiot You utter! idiot", spans) == ["You", "idiot"]


def test_a_receipt_replays_the_sum_it_rests_on_and_holds_no_word(reading):
    verdict = decide(Policy(), reading, ())

    stored = receipt(verdict, reading, (), 1)
    again = replay(stored)

    assert parts_sum(again, TOXICITY) == pytest.approx(LOGIT, abs=1e-3)
    assert probability(parts_sum(again, TOXICITY)) == pytest.approx(stored["scores"][TOXICITY], abs=1e-3)
    assert (again.spans, again.excused, again.model) == (reading.spans, reading.excused, "fake-1")
    assert decide(Policy(), again, ()).action is verdict.action
    assert not [word for word in TEXT.lower().split() if len(word) > 4 and word in str(stored).lower()]


def test_a_receipt_replays_what_became_of_the_careful_reader_and_what_each_said(reading):
    apart = {"quick": {TOXICITY: 0.2}, "careful": {TOXICITY: 0.91234567}}
    asked = replace(reading, careful=Careful.ASKED, apart=apart)

    again = replay(receipt(decide(Policy(), asked, ()), asked, (), 1))

    assert (again.careful, again.apart["quick"]) == (Careful.ASKED, {TOXICITY: 0.2})
    assert again.apart["careful"][TOXICITY] == pytest.approx(0.91234567, abs=1e-6)


@pytest.mark.parametrize("careful", Careful)
def test_the_score_without_a_word_is_an_estimate_where_the_careful_reader_had_a_part(reading, careful):
    stored = receipt(decide(Policy(), reading, ()), replace(reading, careful=careful), (), 1)

    assert is_estimate(replay(stored)) is (careful is Careful.ASKED)


def test_a_receipt_of_what_was_not_scored_replays_as_nothing():
    unread = replay(receipt(decide(Policy(), None, ()), None, (), 1))

    assert (unread.scores, unread.spans, unread.bias, unread.rest, unread.excused, unread.model) == (
        {},
        (),
        {},
        {},
        (),
        "",
    )


def test_an_older_receipt_replays_without_bias_rest_or_excused_words():
    older = replay({"scores": {TOXICITY: 0.9}, "spans": [[0, 5, TOXICITY, 1.5]], "model": "quick-1"})

    assert (older.spans, older.bias, older.rest, older.excused) == ((IDIOT,), {}, {}, ())
    assert (older.careful, older.apart) == (Careful.OFF, {})


def test_only_what_pulls_half_as_strongly_is_shown_as_lowering():
    spans = (
        Span(0, 1, TOXICITY, 2.0),
        Span(1, 2, TOXICITY, -1.0),
        Span(2, 3, TOXICITY, -0.99),
        Span(3, 4, INSULT, -9.0),
    )

    assert lowering(spans, TOXICITY) == (spans[1],)
    assert lowering(spans, INSULT) == ()
    assert highlights(spans) == (spans[0],)


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (0.0, "under 1%"),
        (0.004, "under 1%"),
        (0.006, "1%"),
        (0.5, "50%"),
        (0.994, "99%"),
        (0.996, "over 99%"),
        (1.0, "over 99%"),
    ],
)
def test_a_probability_in_words_is_never_certain(score, shown):
    assert percent(score) == shown
