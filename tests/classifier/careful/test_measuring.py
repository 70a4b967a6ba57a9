"""What is measured of the careful reader, and what its card says of it, on data whose answer is known."""

import csv
import gzip
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from moderation.classifier.both import BothReaders
from moderation.classifier.careful.ablations import outline
from moderation.classifier.careful.card import card, plots
from moderation.classifier.careful.challenges import context, disguises, groups, violence
from moderation.classifier.careful.columns import READERS, cross_fitted, fit_folds, held
from moderation.classifier.careful.fitting import fit_combination, fitting_weights, read_unseen
from moderation.classifier.careful.highlights import deletion, spans
from moderation.classifier.careful.measuring import measure
from moderation.classifier.obfuscation import KINDS
from moderation.classifier.reader import QuickReader
from moderation.domain.reading import INSULT, TOXICITY
from tests.classifier.careful.conftest import WordReader

QUANTISATION = {"texts": 5, "mean": 0.001, "99 %": 0.01, "largest": 0.02, "roc_auc": {}}
ABLATIONS = {
    "data kinds": {
        "about": "Trained on a part of the rows.",
        "command": "moderation train x.csv --without examples",
        "trainings": {"all": {"AUC": 0.9}, "without": {"AUC": 0.8, "kept": {"value": 0.7, "low": 0.6, "high": 0.8}}},
    }
}  # fmt: skip
MANIFEST = {
    "model": "careful-2", "created": "2026-11-23T00:00:00Z", "seed": 0, "libraries": {"torch": "2"},
    "command": "moderation train x.csv --output models/careful-2 --reader careful",
    "base": {"name": "a-base", "licence": "Apache-2.0", "sha256": "ab"},
    "data": {
        "file": "x.csv", "sha256": "cd", "rows": 2000,
        "sources": {"wikipedia-talk": {"rows": 2000, "weight": 1.0, "licence": "CC0", "positive": {TOXICITY: 0.5}}},
    },
}  # fmt: skip


def write(path, rows):
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def talk(data):
    """A thousand comments of talk pages, with enough words to take some away; every tenth label is wrong."""
    number = 1_000
    texts = [f"{data.texts[at % 400]} on the old road to mill number {at}" for at in range(number)]
    labels = {name: np.tile(column, 3)[:number] for name, column in data.labels.items()}
    labels[TOXICITY] = np.where(np.arange(number) % 13 == 0, 1 - labels[TOXICITY], labels[TOXICITY])
    return replace(
        data, texts=texts, labels=labels, sources=np.full(number, "wikipedia-talk"), natural=np.arange(number) % 3 == 0
    )


@pytest.fixture(scope="module")
def quick(trained):
    return QuickReader(replace(trained.model, name="quick-tiny"))


@pytest.fixture(scope="module")
def unseen(talk, quick):
    weights = fitting_weights(talk, quick.attributes)
    return read_unseen(talk, quick, WordReader(), weights, lambda *_: None)


@pytest.fixture(scope="module")
def combination(unseen, quick):
    return fit_combination(unseen, quick.attributes)


@pytest.fixture(scope="module")
def both(quick, combination):
    readers = BothReaders(quick, WordReader(), combination)
    yield readers
    readers.close()


@pytest.fixture(scope="module")
def columns(unseen, quick):
    return cross_fitted(unseen, fit_folds(unseen, quick.attributes, seed=0))


@pytest.fixture(scope="module")
def texts(talk, unseen):
    return [talk.texts[row] for row in unseen.rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Development sets of a few rows each."""
    path = tmp_path_factory.mktemp("development")
    write(path / "bias_madlibs.csv.gz", [
        {"Text": f"a {term} person is {word}", "Label": label}
        for term in ("gay", "old", "young")
        for word, label in (("nice", "NOT_BAD"), ("idiot", "BAD"))
    ])  # fmt: skip
    write(path / "context_small.csv.gz", [
        {"text": "you idiot", "parent_text": "", "label_oc": 1, "label_ic": 1},
        {"text": "as you wish", "parent_text": "go away", "label_oc": 0, "label_ic": 1},
        {"text": "the moron sketch", "parent_text": "", "label_oc": 1, "label_ic": 0},
        {"text": "thank you", "parent_text": "", "label_oc": 0, "label_ic": 0},
    ])  # fmt: skip
    write(path / "toxic_spans.csv.gz", [
        {"text": "my garden idiot photograph", "spans": json.dumps(list(range(10, 15)))},
        {"text": "shut the door", "spans": json.dumps(list(range(4)))},
    ])  # fmt: skip
    return path


@pytest.fixture(scope="module")
def metrics(talk, quick, combination, unseen, folder):
    return measure(
        talk, quick, WordReader(), combination, unseen=unseen, folder=folder, seed=0, progress=lambda *_: None,
        command="moderation train x.csv --refit", quantisation=QUANTISATION, ablations=ABLATIONS,
        without_civil_comments=WordReader(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def manifest(combination):
    return MANIFEST | {"combination": {"with": "quick-tiny", **combination.as_dict()}}


def leaves(found):
    """Every estimate anywhere in the metrics."""
    if isinstance(found, dict) and set(found) == {"value", "low", "high"}:
        yield found
    elif isinstance(found, dict):
        for of in found.values():
            yield from leaves(of)


def test_every_held_back_row_is_scored_by_a_combination_that_was_fitted_without_it(unseen, quick):
    folds = fit_folds(unseen, quick.attributes, seed=0)

    aside = np.concatenate([rows for rows, _ in folds])
    assert sorted(aside.tolist()) == list(range(len(unseen.rows)))
    rows, found = folds[0]
    expected = found.quick * unseen.quick[rows] + found.careful * unseen.careful[rows] + found.shift
    assert cross_fitted(unseen, folds)["both"][rows] == pytest.approx(1 / (1 + np.exp(-expected)))
    assert len({combination.shift[0] for _, combination in folds}) > 1


def test_the_quick_readers_column_is_the_quick_reader(columns, quick, texts):
    readings = quick.read_many(texts, spans=False)

    assert columns["quick"][:, 0] == pytest.approx([reading.scores[TOXICITY] for reading in readings], rel=1e-4)


def test_each_figure_has_three_columns_with_intervals(metrics):
    toxicity = metrics["attributes"][TOXICITY]

    for slice_ in ("natural", "all"):
        for of in toxicity[slice_]["figures"].values():
            assert tuple(of) == READERS
    for of in leaves(metrics):
        assert of["value"] is None or of["low"] <= of["value"] <= of["high"]
    assert set(toxicity["all"]["figures"]) == {
        "roc_auc", "average_precision", "calibration_error", "precision", "recall"
    }  # fmt: skip


def test_the_rows_are_those_held_back(talk, metrics):
    toxicity = metrics["attributes"][TOXICITY]

    assert toxicity["all"]["rows"] == talk.held_back.sum()
    assert toxicity["natural"]["rows"] == (talk.held_back & talk.natural).sum()
    assert toxicity["trained_on"]["rows"] == (~talk.held_back).sum()
    assert metrics["attributes"][INSULT]["all"]["rows"] == (talk.held_back & ~np.isnan(talk.labels[INSULT])).sum()
    assert metrics["sources"][TOXICITY]["wikipedia-talk"]["rows"] == talk.held_back.sum()


def test_shares_asked_come_with_and_without_having_seen_the_rows(metrics):
    found = metrics["cascade"]

    assert set(found["shares"]) == set(found["cross_fitted"])
    assert 0 <= found["shares"]["asked_for_decisions"]["value"] <= 1
    assert found["shares"]["decisions_that_differ"]["value"] <= found["promise"]["decisions_that_differ"]


def test_held_is_what_any_band_of_the_default_policy_holds():
    chances = np.array([[0.36, 0.0, 0.0], [0.34, 0.49, 0.99], [0.0, 0.5, 0.0]])

    assert held(chances, (TOXICITY, INSULT, "SPAM")).tolist() == [True, False, True]


def test_recall_kept_is_of_each_kind_and_reader(both, unseen, texts):
    found = disguises(both, unseen, texts, seed=0)

    assert set(found["kept"]) == set(KINDS)
    assert all(set(of) == set(READERS) for of in found["kept"].values())
    # The words' table knows no disguise at all, the quick reader sees through what cannot be seen.
    kept = found["kept"]["zero_width"]
    assert kept["careful"]["value"] < 0.9 < kept["quick"]["value"]


def test_innocent_comments_on_violence_are_counted_at_each_readers_own_threshold(unseen, columns, texts):
    violent = [f"{text} murder" for text in texts]
    labels = unseen.labels.copy()
    labels[:, 0] = 0
    innocent = replace(unseen, labels=labels, natural=np.ones(len(texts), dtype=bool))
    ranks = np.arange(len(texts))[:, None] / len(texts)
    half = np.arange(len(texts)) % 2 == 0

    found = violence(
        innocent,
        {"quick": ranks, "careful": np.where(half[:, None], ranks + 1, ranks), "both": ranks},
        [violent[at] if half[at] else texts[at] for at in range(len(texts))],
    )["slices"]["natural"]

    assert found["flagged"]["careful"]["value"] == pytest.approx(2 * 0.019, abs=0.02)
    assert found["flagged_without_violent_words"]["careful"]["value"] == 0
    assert found["rows"] == half.sum()


def test_groups_are_scored_by_all_three(both, folder):
    found = groups(both, folder, seed=0)

    assert found["rows"] == 6
    assert found["readers"]["careful"]["terms"]["gay"] == {"subgroup": 1.0, "bpsn": 1.0, "bnsp": 1.0}


def test_context_shows_what_the_parent_changes(both, folder):
    found = context(both, folder)

    # A parent adds one to the made-up reader's logit; the quick one does not read it.
    assert found["toxic"] == {"label_oc": 2, "label_ic": 2}
    assert found["raters_changed"] == 2
    assert found["same_way"]["careful"]["value"] == 1.0
    assert found["same_way"]["quick"]["value"] == 0.5
    assert found["changed"]["held because of the parent"]["quick"]["value"] == 0
    assert found["roc_auc"]["label_oc, without the parent"]["careful"]["value"] == 1.0


def test_highlights_are_compared_in_texts_that_no_reader_was_trained_on(both, talk, folder):
    every = spans(both, talk, folder, 0, None)
    known = replace(talk, texts=["My garden idiot, photograph!", *talk.texts[1:]])
    fewer = spans(both, known, folder, 0, None)

    assert every["rows"] == 2
    assert every["character_f1"]["careful"]["value"] == 1.0
    assert 0 < every["everything"]["value"] < 0.5
    assert fewer["rows"] == (2 if known.held_back[0] else 1)


def test_without_the_highlighted_words_the_score_falls_further_than_without_others(both, unseen, texts):
    found = deletion(both, unseen, texts, seed=0)

    assert set(found["words"]) == {"1", "3"}
    for reader in READERS:
        for of in found["words"].values():
            assert of["highlighted"][reader]["value"] > of["random"][reader]["value"]


def test_without_development_sets_their_figures_are_left_out(talk, quick, combination, unseen):
    found = measure(
        talk,
        quick,
        WordReader(),
        combination,
        unseen=unseen,
        folder=None,
        seed=0,
        progress=lambda *_: None,
        command="x",
    )

    assert not {"identity_terms", "context", "spans", "quantisation", "ablations"} & set(found)


def test_metrics_are_plain_json_and_the_same_again(metrics, talk, quick, combination, unseen, folder):
    again = measure(
        talk, quick, WordReader(), combination, unseen=unseen, folder=folder, seed=0, progress=lambda *_: None,
        command="moderation train x.csv --refit", quantisation=QUANTISATION, ablations=ABLATIONS,
        without_civil_comments=WordReader(),
    )  # fmt: skip

    assert json.loads(json.dumps(metrics, allow_nan=False)) == json.loads(json.dumps(again))


def test_an_outline_is_a_line_of_an_ablation(talk, quick, folder, metrics, manifest):
    line = outline(talk, quick, WordReader(), folder=folder, seed=0, progress=lambda *_: None)

    whole = metrics["attributes"][TOXICITY]["all"]["figures"]["roc_auc"]["careful"]
    assert line["AUC, all"]["value"] == pytest.approx(whole["value"], abs=0.01)
    assert line["BPSN AUC, mean"] == metrics["identity_terms"]["readers"]["careful"]["bpsn"]["mean"]
    assert line["AUC, under an article"]["value"] > 0.9  # that reader looks at nothing but the comment's words
    assert 0 < line["recall kept in disguise"] <= 1
    assert 0 < line["AUC, our own held back"]["value"] < 1
    assert set(line) <= {
        "AUC, natural", "AUC, all", "AUC, under an article", "AUC, parent shown", "BPSN AUC, mean",
        "AUC, our own held back",
        "recall kept in disguise", "innocent comments on violence flagged",
    }  # fmt: skip
    trainings = {"data kinds": ABLATIONS["data kinds"] | {"trainings": {"all": line}}}
    assert "| all |" in card(manifest, metrics | {"ablations": trainings})


def test_the_card_has_a_table_of_three_columns_for_every_figure(metrics, manifest):
    text = card(manifest, metrics)

    of = metrics["attributes"][TOXICITY]["natural"]["figures"]["roc_auc"]
    numbers = [f"{of[reader]['value']:.3f} ({of[reader]['low']:.3f} to {of[reader]['high']:.3f})" for reader in READERS]
    rows, positive = (metrics["attributes"][TOXICITY]["natural"][name] for name in ("rows", "positive"))
    assert f"| TOXICITY | natural | {rows} | {positive} | {' | '.join(numbers)} |" in text
    for heading in (
        "When it is asked", "Data", "Results", "By source", "Context", "Groups", "Disguised words", "Highlights",
        "In 8 bits", "What each idea brings", "Known failures", "Make it again",
    ):  # fmt: skip
        assert f"\n## {heading}\n" in text
    assert "the words alone look harmless; the sentence does not" in text
    assert "None" not in text
    assert "nan" not in re.findall(r"\w+", text)


def test_the_card_names_the_commands(metrics, manifest):
    text = card(manifest, metrics)

    assert f"`{manifest['command']}` trains it anew" in text
    assert "`moderation train x.csv --refit` makes every figure" in text
    assert "Made with `moderation train x.csv --without examples`" in text


def test_a_card_of_few_figures_leaves_out_their_sections(metrics, manifest):
    few = {name: metrics[name] for name in ("command", "split", "attributes", "sources")}

    text = card(manifest, few)

    for heading in ("Context", "Groups", "Disguised words", "Highlights", "In 8 bits", "When it is asked"):
        assert f"## {heading}" not in text


def test_the_plots_have_a_line_for_each_reader(metrics, manifest):
    drawn = plots(metrics)

    assert set(drawn) == {"reliability.svg", "precision.svg"}
    for name, content in drawn.items():
        root = ElementTree.fromstring(content)  # noqa: S314 - our own
        assert f"]({name})" in card(manifest, metrics)
        assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 3 + (name == "reliability.svg")
        assert all(f">{reader}</text>" in content for reader in READERS)
