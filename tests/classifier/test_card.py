"""The card says what the metrics say, in words and in two plots."""

from xml.etree import ElementTree

import pytest

from moderation.classifier.card import card
from moderation.classifier.measuring import measure
from moderation.classifier.plots import plots
from moderation.domain.reading import INSULT, TOXICITY

MANIFEST = {
    "model": "tiny-1", "created": "2026-11-23T00:00:00Z", "command": "moderation train x.csv --output models/tiny-1",
    "columns": 4096, "seed": 0, "libraries": {"numpy": "2"},
    "data": {
        "file": "x.csv", "sha256": "ab", "rows": 400,
        "sources": {"made-up": {"rows": 400, "weight": 1.0, "licence": "CC0", "positive": {TOXICITY: 0.5}}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def metrics(trained):
    return measure(trained, seed=0, folder=None, progress=lambda *_: None)


def test_every_figure_of_the_results_is_that_of_the_metrics(metrics):
    text = card(MANIFEST, metrics)

    for name, of in metrics["attributes"].items():
        auc = of["natural"]["model"]["roc_auc"]
        rows = f"| {name} | natural | {of['natural']['rows']} | {of['natural']['positive']} |"
        assert f"{rows} {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})" in text


def test_the_data_stand_with_licence_rows_and_rates(metrics):
    assert "| made-up | 400 | 1 | TOXICITY 50.0 % | CC0 |" in card(MANIFEST, metrics)


def test_sections_without_figures_are_left_out(metrics):
    text = card(MANIFEST, metrics)

    assert "## Groups" not in text
    assert "## Highlights" not in text
    assert "## Make it again\n\n`moderation train x.csv" in text


def test_it_warns_of_attributes_that_are_not_calibrated(metrics):
    uncalibrated = metrics["attributes"][INSULT] | {"calibrated": False}
    changed = metrics | {"attributes": metrics["attributes"] | {INSULT: uncalibrated}}

    text = card(MANIFEST, changed)

    assert "Deciding by INSULT alone" in text
    assert "Uncalibrated: the score orders comments but is no probability" in text
    assert "Uncalibrated" not in card(MANIFEST, metrics)


def test_few_positives_are_said(metrics):
    assert "Few: read a high score as a reason to look" in card(MANIFEST, metrics)


def test_the_plots_are_drawn_from_the_metrics(metrics):
    drawn = plots(metrics)

    assert set(drawn) == {"reliability.svg", "thresholds.svg"}
    for name, content in drawn.items():
        root = ElementTree.fromstring(content)  # noqa: S314 - our own
        assert f"]({name})" in card(MANIFEST, metrics)
        assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 2
    circles = drawn["reliability.svg"].count("<circle")
    assert circles == 2 + len(metrics["attributes"][TOXICITY]["cross_fitted"]["reliability"])


def test_a_perfect_score_lies_on_the_diagonal(metrics):
    found = {"reliability": [{"from": 0.5, "rows": 1, "score": 0.5, "share": 0.5}], "thresholds": [[0.5, 1.0, 0.0]]}

    drawn = plots({"attributes": {TOXICITY: {"cross_fitted": found}}})

    assert 'cx="204.0" cy="204.0"' in drawn["reliability.svg"]
    assert 'points="204.0,44.0"' in drawn["thresholds.svg"]
