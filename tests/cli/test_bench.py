"""`bench` measures both readers alike; how fast they are is no test's business."""

import json
from random import Random

import pytest
from click.testing import CliRunner

from moderation.classifier import reader
from moderation.classifier.artifact import ModelError
from moderation.cli import bench

FIGURES = {"batch_per_second", "single_ms_median", "single_ms_p99"}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    for name in ("_BATCH", "_PEER_BATCH", "_SINGLE", "_PEER_SINGLE"):
        monkeypatch.setattr(bench, name, 20)


def test_comments_are_400_characters_and_the_same_for_a_seed():
    some = bench.comments(50, Random(1))

    assert {len(text) for text in some} == {400}
    assert some == bench.comments(50, Random(1))
    assert some != bench.comments(50, Random(2))


def test_json_holds_both_readers_and_their_ratio():
    result = json.loads(CliRunner().invoke(bench.bench, ["--json"]).output)

    assert set(result) == {"quick", "sklearn_tfidf", "ratio"}
    assert all(set(figures) == FIGURES for figures in result.values())
    quick, peer = result["quick"], result["sklearn_tfidf"]
    assert result["ratio"]["batch_per_second"] == round(quick["batch_per_second"] / peer["batch_per_second"], 1)


def test_the_table_can_do_without_the_peer():
    output = CliRunner().invoke(bench.bench, ["--peer-free"]).output

    assert "quick" in output
    assert "sklearn" not in output


def test_a_missing_model_is_said_plainly(monkeypatch):
    def missing():
        raise ModelError("There is no model.")

    monkeypatch.setattr(reader.QuickReader, "load", missing)

    result = CliRunner().invoke(bench.bench)

    assert result.exit_code == 1
    assert result.output == "Error: There is no model.\n"
