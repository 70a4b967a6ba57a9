"""The figures against scikit-learn's own, and their intervals."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from moderation.classifier.figures import (
    RANKING,
    estimate,
    mean_estimate,
    precision_at,
    recall_at,
    reliability,
    roc_auc_of,
)

FIGURES = {**RANKING, "precision": precision_at(0.5), "recall": recall_at(0.5)}


@pytest.fixture
def sample():
    random = np.random.default_rng(3)
    labels = random.random(300) < 0.3
    return np.clip(random.random(300).round(2) + 0.2 * labels, 0, 1), labels


def test_figures_are_those_of_scikit_learn_ties_included(sample):
    scores, labels = sample

    found = {name: figure.value for name, figure in estimate(FIGURES, scores, labels).items()}

    assert found["roc_auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert found["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    assert found["precision"] == pytest.approx(precision_score(labels, scores >= 0.5))
    assert found["recall"] == pytest.approx(recall_score(labels, scores >= 0.5))


def test_the_calibration_error_of_a_known_case():
    scores, labels = np.array([0.05, 0.05, 0.95, 0.95]), np.array([0, 1, 1, 1])

    found = estimate(RANKING, scores, labels)["calibration_error"].value

    assert found == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)


def test_intervals_hold_the_value_and_are_the_same_each_time(sample):
    once, again = (estimate(FIGURES, *sample) for _ in range(2))

    assert once == again
    assert all(figure.low < figure.value < figure.high for figure in once.values())


def test_weighing_a_row_twice_is_having_it_twice(sample):
    scores, labels = (column[np.argsort(sample[0], kind="stable")].astype(float) for column in sample)
    twice = np.where(np.arange(len(scores)) % 3 == 0, 2, 1)

    for figure in FIGURES.values():
        weighted = figure(scores, labels, twice.astype(float))
        repeated = figure(np.repeat(scores, twice), np.repeat(labels, twice), np.ones(twice.sum()))
        assert weighted == pytest.approx(repeated)


@pytest.mark.parametrize("rows", [0, 5])
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_has_no_roc_auc(rows, label):
    found = estimate(FIGURES, np.linspace(0, 1, rows), np.full(rows, label))

    assert found["roc_auc"].value is None
    assert found["roc_auc"].low is None


def test_the_auc_of_unsorted_scores_is_scikit_learns(sample):
    assert roc_auc_of(*sample) == pytest.approx(roc_auc_score(sample[1], sample[0]))


def test_a_mean_lies_within_its_interval_and_may_be_a_ratio():
    values = np.arange(100) % 4 == 0

    mean = mean_estimate(values.astype(float))
    ratio = mean_estimate(values.astype(float), per=np.full(100, 0.5))

    assert mean.value == 0.25
    assert 0.1 < mean.low < mean.value < mean.high < 0.4
    assert ratio.value == 0.5
    assert mean_estimate(np.zeros(0)).value is None


def test_reliability_says_rows_score_and_share_of_each_bin():
    scores, labels = np.array([0.05, 0.07, 0.95, 1.0]), np.array([0, 1, 1, 1])

    assert reliability(scores, labels) == [
        {"from": 0.0, "rows": 2, "score": 0.06, "share": 0.5},
        {"from": 0.9, "rows": 2, "score": 0.975, "share": 1.0},
    ]
