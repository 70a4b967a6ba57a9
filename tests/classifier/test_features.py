"""The hashed features as an estimator that follows scikit-learn's rules, and what they see through."""

import pickle
import warnings
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from moderation.classifier.features import HashedWords, word_columns
from moderation.classifier.obfuscation import KINDS, obfuscate

N_FEATURES = 2**16
RUDE = "they said that nobody wanted such terrible idiots and morons under this article yesterday"


def columns(text: str) -> set[int]:
    return set(HashedWords(N_FEATURES).transform([text]).indices.tolist())


def words(text: str) -> set[int]:
    return {column for column in columns(text) if column < word_columns(N_FEATURES)}


def alike(left: str, right: str) -> float:
    """The cosine of two texts, from 0 to 1."""
    rows = HashedWords(N_FEATURES).transform([left, right])
    return float((rows[0] @ rows[1].T).toarray()[0, 0]) / 2


with warnings.catch_warnings():
    # Most of the checks are for numbers; scikit-learn says so and leaves them out for estimators of texts.
    warnings.simplefilter("ignore", SkipTestWarning)
    follows_the_rules = parametrize_with_checks([HashedWords(2**10)])


@follows_the_rules
def test_it_follows_the_rules_of_estimators(estimator, check):
    check(estimator)


def test_fitting_changes_nothing_and_a_copy_does_the_same():
    estimator = HashedWords(2**10, damping=0.25)

    copies = [clone(estimator), pickle.loads(pickle.dumps(estimator)), estimator.fit([RUDE])]  # noqa: S301 - our own

    for copy in copies:
        assert copy.get_params() == {"n_features": 2**10, "damping": 0.25}
        assert (copy.transform([RUDE]) != estimator.transform([RUDE])).nnz == 0


def test_it_stands_in_a_pipeline_and_keeps_the_order_of_rows():
    texts = [f"comment number {number}" for number in range(2500)]

    rows = make_pipeline(FunctionTransformer(list), HashedWords(2**12)).fit_transform(texts)

    assert rows.shape == (2500, 2**12)
    for number in (0, 999, 1000, 2499):
        assert (rows[number] != HashedWords(2**12).transform([texts[number]])).nnz == 0


def test_no_texts_are_no_rows_and_one_string_is_refused():
    assert HashedWords(2**10).transform([]).shape == (0, 2**10)
    with pytest.raises(ValueError, match="string object received"):
        HashedWords().transform("one text")


def test_each_half_of_a_row_has_norm_one_and_repeating_changes_nothing():
    once, twice, empty = HashedWords(N_FEATURES).transform(["kind words", "kind words kind words", ""]).toarray()

    halves = once.reshape(2, -1)
    assert (halves**2).sum(axis=1) == pytest.approx([1, 1])
    assert set(np.flatnonzero(once)) < set(np.flatnonzero(twice))  # "words kind" is new
    assert not empty.any()


def test_damping_says_how_much_less_each_feature_counts_in_a_longer_text():
    row = HashedWords(N_FEATURES, damping=0.0).transform([RUDE])

    assert set(row.data.tolist()) == {1.0}


def test_hashes_stay_the_same_for_ever_because_weights_rely_on_them():
    assert sorted(words("kind words")) == [2122, 4669, 7947, 22067, 23021, 23237, 28556]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("shut up", "shutup"),
        ("id iot", "idiot"),
        ("id.iot", "idiot"),
        ("id_iot", "idiot"),
        ("dont", "don't"),
        ("stpd", "stupid"),
        ("phuck", "fuuck"),
        ("idoit", "idiot"),
        ("🖕", "fuck"),
    ],
)
def test_different_spellings_share_a_feature_of_words(left, right):
    assert words(left) & words(right)


def test_words_that_only_resemble_each_other_share_no_feature_of_words():
    assert not words("class") & words("ass")
    assert not words("cat") & words("act")


@pytest.mark.parametrize("kind", KINDS)
def test_a_disguised_text_stays_much_like_the_plain_one(kind):
    disguised = [obfuscate(RUDE, kind, Random(seed)) for seed in range(20)]

    assert np.mean([alike(RUDE, text) for text in disguised]) > 0.55


@given(st.text(st.characters(codec=None)))
def test_no_text_breaks_it(text):
    row = HashedWords(N_FEATURES).transform([text])

    assert row.indices.size == len(columns(text))
    assert row.has_sorted_indices
