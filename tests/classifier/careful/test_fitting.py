"""The combination and its cuts, fitted on made-up logits whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from moderation.classifier.careful.fitting import (
    DIFFERENT,
    NEAR_SHARE,
    Unseen,
    cases,
    fit_combination,
    fitting_weights,
    natural_weights,
    shares,
)
from moderation.domain.reading import INSULT, SPAM, TOXICITY
from tests.classifier.conftest import made_up

NAMES = (TOXICITY, INSULT, SPAM)


@pytest.fixture(scope="module")
def unseen():
    """Twelve thousand comments; the careful reader knows more than the quick one, and half of what that one knows."""
    random, rows = np.random.default_rng(0), 12_000
    natural = random.random(rows) < 0.5
    toxic = random.random(rows) < np.where(natural, 0.1, 0.4)
    signal = np.where(toxic, 2.5, -2.5)
    quick = signal + 2.0 * random.standard_normal(rows)
    careful = signal + 1.2 * random.standard_normal(rows)
    return Unseen(
        rows=np.arange(rows),
        labels=np.stack([toxic.astype(float)] * 3, axis=1),
        sources=np.where(natural, "wikipedia-talk-natural", "wikipedia-talk"),
        natural=natural,
        quick=np.stack([quick] * 3, axis=1),
        careful=np.stack([careful] * 3, axis=1),
        weights=np.stack([natural.astype(float)] * 3, axis=1),
    )


@pytest.fixture(scope="module")
def combination(unseen):
    return fit_combination(unseen, NAMES)


def test_the_better_reader_weighs_more(combination):
    assert combination.careful[0] > combination.quick[0] > 0


def test_what_nobody_was_asked_about_naturally_is_not_fitted(combination):
    column = NAMES.index(SPAM)

    assert (combination.quick[column], combination.careful[column], combination.shift[column]) == (0.5, 0.5, 0.0)
    assert (combination.steepness[column], combination.alone[column]) == (1.0, 0.0)


def test_both_together_are_calibrated(unseen, combination):
    together = combination.quick * unseen.quick + combination.careful * unseen.careful + combination.shift
    alone = combination.steepness * unseen.careful + combination.alone

    for logits in (together, alone):
        chances = 1 / (1 + np.exp(-logits[unseen.natural, 0]))
        assert chances.mean() == pytest.approx(unseen.labels[unseen.natural, 0].mean(), abs=0.01)


def test_a_reader_that_would_count_against_itself_is_left_out(unseen):
    turned = replace(unseen, quick=-unseen.quick + 4 * unseen.careful)

    found = fit_combination(turned, NAMES)

    assert min(found.quick[0], found.careful[0]) == 0
    assert max(found.quick[0], found.careful[0]) > 0


def test_the_cuts_keep_what_they_promise_and_ask_less_than_always(unseen, combination):
    found = shares(unseen, combination)

    assert found["decisions_that_differ"] <= DIFFERENT
    assert found["scores_that_differ"] <= 1 - NEAR_SHARE + 1e-9
    assert 0 < found["asked_for_decisions"] < 1
    assert 0 < found["asked_for_scores"] <= 1


def test_the_cuts_nearly_keep_it_on_rows_that_they_were_not_chosen_on(unseen):
    half = np.arange(len(unseen.rows)) % 2 == 0
    names = ("rows", "labels", "sources", "natural", "quick", "careful", "weights")
    one, other = (replace(unseen, **{name: getattr(unseen, name)[part] for name in names}) for part in (half, ~half))

    found = shares(other, fit_combination(one, NAMES))

    assert found["decisions_that_differ"] <= 4 * DIFFERENT
    assert found["scores_that_differ"] <= 2 * (1 - NEAR_SHARE)


def test_a_row_that_is_asked_never_differs(unseen, combination):
    found = cases(unseen, combination)

    assert not (found["asked_for_decisions"] & found["decisions_that_differ"]).any()
    assert not (found["asked_for_scores"] & found["scores_that_differ"]).any()


def test_readers_that_agree_need_not_be_asked(unseen):
    agreeing = replace(unseen, careful=unseen.quick)

    found = shares(
        agreeing, replace(fit_combination(agreeing, NAMES), quick=np.ones(3), careful=np.zeros(3), shift=np.zeros(3))
    )

    assert found["decisions_that_differ"] == 0


def test_toxic_comments_count_as_rare_as_they_naturally_are(unseen):
    weights = natural_weights(unseen)

    toxic = unseen.labels[:, 0] >= 0.5
    assert weights.sum() == pytest.approx(1)
    assert weights[toxic].sum() == pytest.approx(toxic[unseen.natural].mean())


def test_data_without_talk_pages_or_natural_comments_is_weighted_too(unseen):
    other = replace(unseen, sources=np.full(len(unseen.rows), "a-blog"), natural=np.zeros(len(unseen.rows), dtype=bool))

    weights = natural_weights(other)

    assert weights.sum() == pytest.approx(1)
    assert weights[other.labels[:, 0] >= 0.5].sum() == pytest.approx(0.1)


def test_for_the_fit_toxic_rows_of_other_attributes_are_as_rare_too():
    data = made_up()
    weights = fitting_weights(data, (TOXICITY, INSULT))

    assert weights[:, 0].tolist() == data.natural.astype(float).tolist()
    asked = ~np.isnan(data.labels[INSULT])
    assert (weights[~asked, 1] == 0).all()
    rude = asked & (data.labels[TOXICITY] >= 0.5)
    rate = float(np.mean(data.labels[TOXICITY][data.natural] >= 0.5))
    assert weights[rude, 1].sum() / weights[:, 1].sum() == pytest.approx(rate)
