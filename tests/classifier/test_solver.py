"""Each attribute's regression: shares as labels, weights, columns that are held at zero."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from moderation.classifier.solver import fit


@pytest.fixture(scope="module")
def sample():
    """Two attributes that hang on different columns."""
    random = np.random.default_rng(0)
    rows = sparse.random(2_000, 60, density=0.1, format="csr", dtype=np.float32, rng=random)
    truth = random.normal(size=(60, 2)) * 3
    labels = (random.random((2_000, 2)) < 1 / (1 + np.exp(-(rows @ truth)))).astype(np.float32)
    return rows, labels


def test_it_ranks_unseen_rows_as_well_as_an_exact_solver(sample):
    rows, labels = sample

    fitted = fit(rows[:1_500], labels[:1_500], np.ones((1_500, 2), np.float32), seed=0)

    for column in (0, 1):
        exact = LogisticRegression(C=10).fit(rows[:1_500], labels[:1_500, column]).decision_function(rows[1_500:])
        ours = fitted.logits(rows[1_500:])[:, column]
        unseen = labels[1_500:, column]
        assert roc_auc_score(unseen, ours) == pytest.approx(roc_auc_score(unseen, exact), abs=0.015)


def test_an_attribute_is_fitted_as_if_it_were_alone(sample):
    rows, labels = sample
    weights = np.ones_like(labels)

    together = fit(rows, labels, weights, seed=0)
    alone = fit(rows, np.ascontiguousarray(labels[:, :1]), np.ascontiguousarray(weights[:, :1]), seed=0)

    assert np.allclose(together.weights[:, 0], alone.weights[:, 0], atol=1e-5)


def test_a_label_without_weight_changes_nothing(sample):
    rows, labels = sample
    weights = np.ones_like(labels)
    weights[:1_000, 0] = 0
    turned = labels.copy()
    turned[:1_000, 0] = 1 - turned[:1_000, 0]

    one, other = (fit(rows, said, weights, seed=0) for said in (labels, turned))

    assert np.array_equal(one.weights, other.weights)


def test_no_rows_at_all_leave_nothing_learnt(sample):
    rows, labels = sample

    assert not fit(rows, labels, np.zeros_like(labels), seed=0).weights.any()


def test_a_weight_that_is_held_at_zero_stays_there_and_the_others_learn_what_is_left(sample):
    rows, labels = sample
    held = np.zeros((60, 2), dtype=bool)
    held[:3, 0] = True

    fitted = fit(rows, labels, np.ones_like(labels), seed=0, held_at_zero=held)

    assert not fitted.weights[:3, 0].any()
    assert fitted.weights[3:, 0].all()
    assert fitted.weights[:, 1].all()


def test_a_share_of_raters_is_learnt_as_a_share(sample):
    """Rows that are all alike: the chance that is learnt is the share itself."""
    rows = sparse.csr_matrix(np.ones((2_000, 1), np.float32))
    shares = np.full((2_000, 1), 0.7, np.float32)

    fitted = fit(rows, shares, np.ones_like(shares), seed=0)

    assert 1 / (1 + np.exp(-fitted.logits(rows[:1])[0, 0])) == pytest.approx(0.7, abs=0.03)
