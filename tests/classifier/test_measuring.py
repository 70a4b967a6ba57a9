"""What is measured of a model, on data whose answer is known."""

import csv
import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from moderation.classifier import challenges
from moderation.classifier.artifact import Model
from moderation.classifier.challenges import choose_article_factors, disguises, identity_terms, spans, violence
from moderation.classifier.measuring import measure
from moderation.classifier.obfuscation import KINDS
from moderation.classifier.training import Recipe, train
from moderation.domain.reading import INSULT, TOXICITY


def write(path, rows):
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def metrics(trained):
    return measure(trained, seed=0, folder=None, progress=lambda *_: None)


def test_held_back_natural_and_cross_fitted_rows_are_told_apart(data, trained, metrics):
    toxicity = metrics["attributes"][TOXICITY]

    assert toxicity["natural"]["rows"] == (data.held_back & data.natural).sum()
    assert toxicity["all"]["rows"] == data.held_back.sum()
    assert toxicity["cross_fitted"]["rows"] == (~data.held_back & data.natural).sum()
    assert (
        metrics["attributes"][INSULT]["trained_on"]["rows"] == (~np.isnan(data.labels[INSULT]) & ~data.held_back).sum()
    )
    assert toxicity["natural"]["model"]["roc_auc"]["value"] > 0.9 > toxicity["natural"]["baseline"]["roc_auc"]["value"]


def test_a_source_left_out_is_scored_whole_by_a_fit_without_it(data):
    """The second source calls rude what the first calls kind: only a fit that has not seen it is all wrong."""
    second = np.arange(400) >= 200
    turned = np.where(second, 1 - data.labels[TOXICITY], data.labels[TOXICITY])
    two = replace(data, sources=np.where(second, "b", "a"), labels=data.labels | {TOXICITY: turned}, natural=~second)
    trained = train(two, n_features=2**12, recipe=Recipe(examples=False, disguises=False))

    found = measure(trained, seed=0, folder=None, progress=lambda *_: None)["attributes"][TOXICITY]["unseen_sources"]

    assert found["b"]["rows"] == 200
    assert found["b"]["model"]["roc_auc"]["value"] < 0.1


def test_the_recall_kept_is_of_each_kind(trained):
    found = disguises(trained, seed=0)

    assert set(found["kept"]) == set(KINDS)
    assert 0.5 < found["kept_mean"] <= 1.0
    assert found["kept"]["zero_width"]["value"] > 0.9


def test_identity_terms_of_a_scorer_that_dislikes_a_word(tmp_path):
    rows = [
        {"Text": f"a {term} person is {word}", "Label": label}
        for term in ("gay", "old", "young")
        for word, label in (("nice", "NOT_BAD"), ("vile", "BAD"))
    ]
    write(tmp_path / "bias_madlibs.csv.gz", rows)

    found = identity_terms(
        lambda texts: np.array([("vile" in text) + 2.0 * ("gay" in text) for text in texts]), tmp_path
    )

    assert found["terms"]["gay"] == {"subgroup": 1.0, "bpsn": 0.0, "bnsp": 1.0}
    assert found["terms"]["old"] == {"subgroup": 1.0, "bpsn": 1.0, "bnsp": 0.5}
    assert (found["bpsn"]["min"], found["bpsn"]["worst"]) == (0.0, "gay")


def test_innocent_comments_on_violence_are_counted_at_the_same_threshold(data):
    texts = [text.replace("train", "murder train") for text in data.texts]
    natural = replace(data, texts=texts, natural=np.ones(400, bool))
    trained = train(natural, n_features=2**12, recipe=Recipe(examples=False, disguises=False))
    trained.unseen_logits[:, 0] = ["murder" in text for text in trained.corpus.data.texts]

    found = violence(trained)["slices"]["natural"]

    assert found["rows"] == 50
    assert found["flagged"]["value"] == 0  # a quarter of the innocent ones score alike: none lies above the threshold
    trained.unseen_logits[:3, 0] = 2
    assert violence(trained)["slices"]["natural"]["flagged"]["value"] == 0.02


def test_highlights_are_compared_with_what_people_marked(trained, tmp_path):
    write(tmp_path / "toxic_spans.csv.gz", [
        {"text": "my garden idiot photograph", "spans": json.dumps(list(range(10, 15)))},
        {"text": "shut up you fool", "spans": json.dumps(list(range(16)))},
    ])  # fmt: skip

    found = spans(trained, seed=0, folder=tmp_path)

    assert found["rows"] == 2
    assert 0.3 < found["character_f1"]["value"] <= 1


@pytest.mark.parametrize(
    ("found", "marked", "f1"),
    [(set(), set(), 1.0), ({1}, set(), 0.0), (set(), {1}, 0.0), ({1, 2}, {2, 3}, 0.5), ({1, 2}, {1, 2}, 1.0)],
)
def test_the_overlap_is_the_f1_of_characters(found, marked, f1):
    assert challenges.overlap(found, marked) == f1


def test_the_article_factor_costs_no_abuse_and_frees_the_articles_sentences(data, monkeypatch):
    """Innocent comments in a word that is mostly rude here: their article excuses it."""
    texts = [text.replace("the train leaves", "the murder moron leaves") for text in data.texts]
    trained = train(replace(data, texts=texts), n_features=2**12, recipe=Recipe(examples=False, disguises=False))

    chosen, found = choose_article_factors(trained, seed=0)

    held = {row["factor"]: row["own_sentences_held"]["value"] for row in found["factors"]}
    abuse = {row["factor"]: row["abuse_held"]["value"] for row in found["factors"]}
    assert isinstance(chosen.model, Model)
    assert set(chosen.model.article_factors.tolist()) == {np.float32(found["chosen"])}
    assert abuse[found["chosen"]] >= abuse[1.0] - 0.005
    assert held[found["chosen"]] == min(held[factor] for factor in held if abuse[factor] >= abuse[1.0] - 0.005)


def test_without_violent_comments_there_is_no_article_to_choose_by(trained):
    chosen, found = choose_article_factors(trained, seed=0)

    assert chosen is trained
    assert found == {}
