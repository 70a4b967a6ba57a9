"""How two readers become one score, and when the second need not be asked."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.artifact import ModelError
from moderation.classifier.careful.combining import Combination
from moderation.domain.comment import Action
from moderation.domain.explain import logit, probability
from moderation.domain.policy import SEVERITY, Band
from moderation.domain.reading import INSULT, THREAT, TOXICITY

NAMES = (TOXICITY, INSULT, THREAT)
COLUMNS = ("quick", "careful", "shift", "steepness", "alone", "lower", "higher", "score_from", "score_to")

logits = st.floats(-12, 12)
margins = st.floats(0, 6)
edges = st.none() | st.floats(0.05, 0.95)
bands = st.dictionaries(st.sampled_from(NAMES), st.builds(Band, hold=edges, reject=edges), max_size=3)


def combination(lower=(1.0, 1.0, 1.0), higher=(1.0, 1.0, 1.0), score_from=-4.0, score_to=3.0):
    half, none = np.full(3, 0.5), np.zeros(3)
    edges = (np.array(lower), np.array(higher), np.full(3, score_from), np.full(3, score_to))
    return Combination(NAMES, half, half, none, 2 * half, none, *edges)


def strictest(scores, policy):
    return max(
        (SEVERITY[policy[name].action(score)] for name, score in scores.items() if name in policy),
        default=SEVERITY[Action.PUBLISH],
    )


def test_it_reads_back_what_it_wrote():
    found = Combination.from_dict(json.loads(json.dumps(combination().as_dict())), NAMES)

    for name in COLUMNS:
        assert (getattr(found, name) == getattr(combination(), name)).all()
    assert found.attributes == NAMES


def test_it_takes_the_attributes_in_the_order_asked_for():
    given_order = combination(lower=(1.0, 2.0, 3.0))

    assert Combination.from_dict(given_order.as_dict(), NAMES[::-1]).lower.tolist() == [3.0, 2.0, 1.0]


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("value", [None, "x", {}, []])
def test_a_manifest_that_lacks_something_is_refused(name, value):
    with pytest.raises(ModelError, match="lacks how the readers combine"):
        Combination.from_dict(combination().as_dict() | {name: value}, NAMES)


def test_a_manifest_of_fewer_attributes_is_refused():
    with pytest.raises(ModelError, match=r"lacks how the readers combine: 'SPAM'"):
        Combination.from_dict(combination().as_dict(), (*NAMES, "SPAM"))


@pytest.mark.parametrize(
    "changes", [{"lower": dict.fromkeys(NAMES, np.inf)}, {"score_to": dict.fromkeys(NAMES, np.nan)}]
)
def test_impossible_numbers_are_refused(changes):
    with pytest.raises(ModelError, match="impossible numbers"):
        Combination.from_dict(combination().as_dict() | changes, NAMES)


@given(
    quick=st.tuples(logits, logits, logits),
    lower=st.tuples(margins, margins, margins),
    higher=st.tuples(margins, margins, margins),
    policy=bands,
    moved=st.lists(st.floats(-0.999, 0.999), min_size=3, max_size=3),
)
def test_where_it_need_not_be_asked_no_move_within_the_margins_changes_the_decision(
    quick, lower, higher, policy, moved
):
    """A move of -1 is down by the whole margin, of 1 up by the whole margin."""
    scores = {name: probability(at) for name, at in zip(NAMES, quick, strict=True)}
    rows = zip(NAMES, quick, lower, higher, moved, strict=True)
    together = {name: probability(at + (up if by > 0 else down) * by) for name, at, down, up, by in rows}

    if not combination(lower, higher).may_change_decision(scores, policy):
        assert strictest(together, policy) == strictest(scores, policy)


@given(
    quick=st.tuples(logits, logits, logits),
    lower=st.tuples(margins, margins, margins),
    higher=st.tuples(margins, margins, margins),
    policy=bands,
)
def test_where_it_is_asked_some_move_would_change_the_decision(quick, lower, higher, policy):
    scores = {name: probability(at) for name, at in zip(NAMES, quick, strict=True)}
    down = {name: probability(logit(scores[name]) - by) for name, by in zip(NAMES, lower, strict=True)}
    up = {name: probability(logit(scores[name]) + by) for name, by in zip(NAMES, higher, strict=True)}

    if combination(lower, higher).may_change_decision(scores, policy):
        assert strictest(down, policy) < strictest(up, policy)


def test_a_comment_that_is_held_anyway_needs_nobody_for_another_attribute_that_holds_it_too():
    policy = {TOXICITY: Band(hold=0.35), INSULT: Band(hold=0.5)}

    assert not combination().may_change_decision({TOXICITY: 0.99, INSULT: 0.5}, policy)
    assert combination().may_change_decision({TOXICITY: 0.01, INSULT: 0.5}, policy)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_certain_score_changes_nothing(score):
    policy = {TOXICITY: Band(hold=0.35)}

    assert not combination().may_change_decision({TOXICITY: score}, policy)
    assert not combination().may_change_score({TOXICITY: score})


def test_scores_are_asked_for_between_the_cuts():
    def asked(at):
        return combination().may_change_score({TOXICITY: probability(at)})

    assert [asked(at) for at in (-4.1, -3.9, 0, 2.9, 3.1)] == [False, True, True, True, False]


def test_what_the_quick_reader_does_not_score_asks_nobody():
    assert not combination().may_change_decision({}, {TOXICITY: Band(hold=0.35)})
    assert not combination().may_change_score({})
