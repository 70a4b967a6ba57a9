"""`evaluate` as its users call it."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from moderation.classifier import artifact
from moderation.classifier.reader import QuickReader
from moderation.cli.evaluate import evaluate
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY
from tests.cli.tables import KIND, RUDE, run, write_table


@pytest.fixture(autouse=True)
def _quick_reader_alone(monkeypatch):
    """What these tests are about is the same whoever reads; test_readers.py is about who reads."""
    monkeypatch.setenv("CAREFUL_READER", "off")


LABELLED = [
    {"text": text, "label": label}
    for text, label in [
        (RUDE, "1"), (KIND, "0"), ("Shut up, idiot", "0.8"), ("The train leaves at nine", "0.2"),
        ("What a lovely garden", ""), ("I was stupid to believe it", "0"), ("Nobody asked you", "0.5"),
    ]
]  # fmt: skip


def test_evaluate_gives_scikit_learns_figures_and_counts_what_it_skipped(tmp_path):
    write_table(tmp_path / "in.csv", LABELLED)

    result = run(evaluate, tmp_path / "in.csv", "--text-column", "text", "--label-column", "label", "--json")

    found = json.loads(result.stdout)
    asked = [row for row in LABELLED if row["label"]]
    labels = np.array([float(row["label"]) >= 0.5 for row in asked])
    reader = QuickReader.load()
    scores = np.array([reader.read(row["text"]).scores[TOXICITY] for row in asked])
    assert (found["rows"], found["positive"], found["skipped"]) == (6, 3, 1)
    assert found["roc_auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-4)
    assert found["average_precision"]["value"] == pytest.approx(average_precision_score(labels, scores), abs=1e-4)
    held = scores >= DEFAULT_BANDS[TOXICITY].hold
    (band,) = found["bands"]
    assert (band["action"], band["threshold"]) == ("hold", DEFAULT_BANDS[TOXICITY].hold)
    assert band["precision"]["value"] == pytest.approx(labels[held].mean(), abs=1e-4)
    assert band["recall"]["value"] == pytest.approx(held[labels].mean(), abs=1e-4)
    assert band["recall"]["low"] <= band["recall"]["value"] <= band["recall"]["high"]


def test_evaluate_prints_the_same_for_people(tmp_path):
    write_table(tmp_path / "in.csv", LABELLED)

    result = run(evaluate, tmp_path / "in.csv", "--text-column", "text", "--label-column", "label")

    assert f"TOXICITY by {artifact.newest().name}: 6 rows, 3 positive, 1 skipped without a label" in result.stdout
    assert "recall at hold" in result.stdout


@pytest.mark.parametrize("labels", [["0", "0"], ["1", "1"], ["", ""]])
def test_evaluate_says_when_the_labels_are_of_one_kind(tmp_path, labels):
    write_table(tmp_path / "in.csv", [{"text": RUDE, "label": label} for label in labels])
    arguments = (tmp_path / "in.csv", "--text-column", "text", "--label-column", "label")

    as_json, for_people = run(evaluate, *arguments, "--json"), run(evaluate, *arguments)

    assert json.loads(as_json.stdout)["roc_auc"] == {"value": None, "low": None, "high": None}
    assert "of one kind only" in for_people.stdout


def test_evaluate_reads_yes_and_no_and_refuses_other_words(tmp_path):
    write_table(tmp_path / "in.csv", [{"text": RUDE, "label": "True"}, {"text": KIND, "label": "false"}])
    write_table(tmp_path / "bad.csv", [{"text": RUDE, "label": "1"}, {"text": KIND, "label": "kind"}])
    options = ("--text-column", "text", "--label-column", "label", "--attribute", "insult", "--json")

    good, bad = run(evaluate, tmp_path / "in.csv", *options), run(evaluate, tmp_path / "bad.csv", *options)

    assert json.loads(good.stdout)["roc_auc"]["value"] == 1
    assert "label of row 2 is not a number from 0 to 1" in bad.stderr


def test_an_attribute_that_never_decides_has_no_bands(tmp_path):
    write_table(tmp_path / "in.csv", LABELLED)
    options = ("--text-column", "text", "--label-column", "label", "--attribute", "SPAM")

    result = run(evaluate, tmp_path / "in.csv", *options)

    assert "The default policy never decides by SPAM." in result.stdout
