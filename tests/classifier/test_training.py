"""What is learnt from which rows."""

from dataclasses import replace

import numpy as np
import pytest

from moderation.classifier.features import HashedWords
from moderation.classifier.figures import calibration_error
from moderation.classifier.reader import QuickReader
from moderation.classifier.training import SOURCE_WEIGHT, Recipe, calibrating_weights, fit, make_corpus, train
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import IDENTITY_ATTACK, INSULT, SPAM, TOXICITY

PLAIN = Recipe(examples=False, disguises=False)
SIZE = 2**12


def trained_on(data, recipe=PLAIN):
    return train(data, n_features=SIZE, recipe=recipe)


def weights(trained, attribute):
    return trained.fitted.weights[:, trained.corpus.attributes.index(attribute)]


def score(trained, text, attribute=TOXICITY):
    return QuickReader(trained.model).read(text).scores[attribute]


def test_attributes_without_labels_are_left_out(trained):
    assert trained.model.attributes == (TOXICITY, INSULT)


def test_a_row_without_a_label_teaches_that_attribute_nothing(data, trained):
    """Were a missing label a zero, rude words would count less as insults."""
    as_zeros = replace(data, labels=data.labels | {INSULT: np.nan_to_num(data.labels[INSULT])})

    assert not np.array_equal(weights(trained_on(as_zeros), INSULT), weights(trained, INSULT))
    assert score(trained_on(as_zeros), "you are an idiot", INSULT) < score(trained, "you are an idiot", INSULT)


def test_a_share_of_raters_pulls_the_score_between_the_extremes(data):
    """A row of .6 is six tenths of a yes and four tenths of a no."""
    unsure = replace(data, labels=data.labels | {TOXICITY: data.labels[TOXICITY] * 0.6})
    rows = HashedWords(SIZE).transform(["you are an idiot"])
    logits = []
    for one in (data, unsure):
        corpus = make_corpus(one, seed=0, n_features=SIZE)
        fitted = fit(corpus, np.ones(corpus.size, bool), seed=0, recipe=PLAIN)
        logits.append(fitted.logits(rows.multiply(corpus.scales).tocsr())[0, 0])

    assert 0 < logits[1] < logits[0]
    assert 1 / (1 + np.exp(-logits[1])) == pytest.approx(0.6, abs=0.1)


def test_the_name_of_a_group_counts_by_itself_for_identity_attack_alone(data):
    """Every rude text names a group, and no other one does."""
    texts = [f"gay {text}" if data.labels[TOXICITY][number] else text for number, text in enumerate(data.texts)]
    labels = data.labels | {IDENTITY_ATTACK: data.labels[TOXICITY]}
    trained = trained_on(replace(data, texts=texts, labels=labels), PLAIN)
    names = HashedWords(SIZE).transform(["gay"]).indices  # itself, and any group

    weights = dict(zip(trained.model.attributes, trained.model.weights[names].T, strict=False))

    assert len(names) == 2
    assert not weights[TOXICITY].any()
    assert (weights[IDENTITY_ATTACK] > 0).all()


def test_the_same_data_and_seed_give_the_same_weights(data):
    once, again = (trained_on(data, Recipe()).model for _ in range(2))

    assert np.array_equal(once.weights, again.weights)
    assert np.array_equal(once.biases, again.biases)


def test_rows_held_back_are_never_trained_on(data, trained):
    spoilt = data.labels[TOXICITY].copy()
    spoilt[data.held_back] = 1 - spoilt[data.held_back]

    other = trained_on(replace(data, labels=data.labels | {TOXICITY: spoilt}))

    assert data.held_back.sum() > 10
    assert np.array_equal(weights(other, TOXICITY), weights(trained, TOXICITY))


def test_a_source_left_out_teaches_nothing(data, trained):
    corpus = make_corpus(replace(data, sources=np.where(np.arange(400) < 100, "a", "b")), seed=0, n_features=SIZE)

    without = fit(corpus, np.ones(corpus.size, bool), seed=0, recipe=replace(PLAIN, without=("b",)))

    kept = fit(corpus, corpus.data.sources == "a", seed=0, recipe=PLAIN)
    assert np.array_equal(without.weights, kept.weights)


def test_a_disguised_copy_stays_with_its_row(data):
    """Else a fold, or a source left out, would have been seen in disguise."""
    corpus = make_corpus(data, seed=0, n_features=SIZE)
    copies = corpus.origins[corpus.size :]

    nothing_kept = fit(corpus, np.zeros(corpus.size, bool), seed=0)

    assert len(copies) > 40
    assert not corpus.held_back[copies].any()
    assert not nothing_kept.weights.any()


def test_our_examples_are_learnt_but_never_calibrated_on(data):
    corpus = make_corpus(data, seed=0, n_features=SIZE)
    ours = ~corpus.real

    assert ours.sum() > 500
    assert not corpus.held_back[ours].any()
    for attribute in corpus.attributes:
        assert not calibrating_weights(corpus, attribute)[ours].any()


def test_scores_are_calibrated_to_the_natural_slice(data):
    """A quarter of the kind comments were called rude: the score of such a comment says so."""
    random = np.random.default_rng(1)
    labels = np.where(random.random(400) < 0.25, 1.0, data.labels[TOXICITY])
    noisy = trained_on(replace(data, labels=data.labels | {TOXICITY: labels}))
    shown = calibrating_weights(noisy.corpus, TOXICITY) > 0

    chances = noisy.calibration.chances(noisy.unseen_logits[shown, 0], 0)

    positive = noisy.corpus.data.labels[TOXICITY][shown]
    assert calibration_error(chances, positive, np.ones(shown.sum())) < 0.1


def test_attributes_without_a_natural_slice_are_weighted_to_its_rate(data):
    corpus = make_corpus(replace(data, natural=np.zeros(400, bool)), seed=0, n_features=SIZE)

    found = calibrating_weights(corpus, INSULT)

    rude = np.nan_to_num(corpus.data.labels[INSULT]) >= 0.5
    assert found[rude].sum() / found.sum() == pytest.approx(0.1)


def test_spam_is_left_uncalibrated(data):
    trained = trained_on(replace(data, labels=data.labels | {SPAM: data.labels[TOXICITY]}))
    column = trained.corpus.attributes.index(SPAM)

    assert (trained.calibration.steepness[column], trained.calibration.shift[column]) == (1.0, 0.0)


def test_the_model_says_what_the_fit_says(data, trained):
    """Calibration and scales are folded into whole numbers; little may be lost by it."""
    read = [reading.scores[TOXICITY] for reading in QuickReader(trained.model).read_many(data.texts, spans=False)]

    logits = trained.fitted.logits(trained.corpus.originals[: len(data.texts)])[:, 0]
    assert np.allclose(read, trained.calibration.chances(logits, 0), atol=2e-3)


def test_labels_of_one_kind_only_are_refused(data):
    nobody_rude = {attribute: np.zeros(len(data.texts)) for attribute in data.labels}

    with pytest.raises(InvalidRequest, match="labels of both kinds"):
        trained_on(replace(data, labels=nobody_rude))


def test_a_source_of_weight_0_is_only_measured_on(data, monkeypatch):
    monkeypatch.setitem(SOURCE_WEIGHT, "davidson-tweets", 0.0)
    tweets = replace(data, sources=np.where(np.arange(400) < 200, "davidson-tweets", "made-up"))
    corpus = make_corpus(tweets, seed=0, n_features=SIZE)

    assert not corpus.usable(TOXICITY)[:200].any()


def test_davidsons_tweets_count_little():
    assert SOURCE_WEIGHT["davidson-tweets"] <= 0.1
