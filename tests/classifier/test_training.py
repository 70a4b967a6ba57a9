"""What is learnt from which rows."""

from dataclasses import replace

import numpy as np
import pytest

from moderation.classifier import data as training_data
from moderation.classifier import training
from moderation.classifier.training import train
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import INSULT, SPAM, TOXICITY

HEAD = (
    "text,toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam,"
    "source,licence,natural"
)


def weights(trained, attribute):
    return trained.model.estimators[attribute].coef_


def test_attributes_without_labels_are_left_out(trained):
    assert set(trained.model.estimators) == {TOXICITY, INSULT}


def test_an_empty_label_is_read_as_missing_not_as_zero(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(f"{HEAD}\nhello,0,,,,1,,,,made-up,CC0,True\n")

    data = training_data.read(path)

    assert data.labels[TOXICITY].tolist() == [0.0]
    assert data.labels[INSULT].tolist() == [1.0]
    assert np.isnan(data.labels[SPAM]).all()


def test_a_row_without_a_label_teaches_that_attribute_nothing(data, trained):
    """Were a missing label a zero, rude words would count less as insults."""
    asked = ~np.isnan(data.labels[INSULT])
    as_zeros = replace(data, labels=data.labels | {INSULT: np.nan_to_num(data.labels[INSULT])})

    assert trained.metrics["attributes"][INSULT]["trained_on"]["rows"] == (asked & ~data.held_back).sum()
    assert not np.array_equal(weights(train(as_zeros, n_features=2**12), INSULT), weights(trained, INSULT))


def test_a_share_of_raters_pulls_the_score_between_the_extremes(data):
    unsure = replace(data, labels=data.labels | {TOXICITY: data.labels[TOXICITY] * 0.6})

    sure, less_sure = (
        train(rows, n_features=2**12)
        .model.estimators[TOXICITY]
        .decision_function(train(rows, n_features=2**12).model.features.transform(["you are an idiot"]))[0]
        for rows in (data, unsure)
    )

    assert 0 < less_sure < sure


def test_harmless_rows_that_name_a_group_count_more(data, monkeypatch):
    """Every other rude text names a group, of the kind ones only a few do."""
    texts = [f"gay {text}" if number % 16 in {0, 4, 5, 6, 7} else text for number, text in enumerate(data.texts)]
    naming = replace(data, texts=texts)

    def score() -> float:
        model = train(naming, n_features=2**12).model
        return model.estimators[TOXICITY].decision_function(model.features.transform(["my gay friend"]))[0]

    counting_more = score()
    monkeypatch.setattr(training, "HARMLESS_NAMING_WEIGHT", 1.0)

    assert counting_more < score()


def test_the_same_data_and_seed_give_the_same_weights(data, trained):
    assert np.array_equal(weights(train(data, n_features=2**12), TOXICITY), weights(trained, TOXICITY))


def test_rows_held_back_are_never_trained_on(data, trained):
    spoilt = data.labels[TOXICITY].copy()
    spoilt[data.held_back] = 1 - spoilt[data.held_back]
    other = train(replace(data, labels=data.labels | {TOXICITY: spoilt}), n_features=2**12)

    assert data.held_back.sum() > 10
    assert np.array_equal(weights(other, TOXICITY), weights(trained, TOXICITY))
    natural = other.metrics["attributes"][TOXICITY]["natural"]
    assert natural["model"]["roc_auc"]["value"] < 0.5 < natural["baseline"]["roc_auc"]["value"] + 0.01


def test_labels_of_one_kind_only_are_refused(data):
    nobody_rude = {attribute: np.zeros(len(data.texts)) for attribute in data.labels}

    with pytest.raises(InvalidRequest, match="labels of both kinds"):
        train(replace(data, labels=nobody_rude), n_features=2**12)


@pytest.mark.parametrize("label", ["2", "-1", "yes"])
def test_a_label_that_is_no_share_is_refused_with_its_row(tmp_path, label):
    path = tmp_path / "train.csv"
    path.write_text(f"{HEAD}\nhello,0,,,,,,,,made-up,CC0,True\nhello,{label},,,,,,,,made-up,CC0,True\n")

    with pytest.raises(InvalidRequest, match=r"Row 3 of train.csv"):
        training_data.read(path)


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,toxicity\nhello,0\n")

    with pytest.raises(InvalidRequest, match=r"lacks the columns .*threat"):
        training_data.read(path)
