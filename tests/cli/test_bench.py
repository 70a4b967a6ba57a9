"""`bench` measures all readers alike; how fast they are is no test's business."""

import importlib.util
import json
from random import Random

import pytest
from click.testing import CliRunner

from moderation.classifier import reader
from moderation.classifier.artifact import ModelError
from moderation.cli import bench, bench_cascade
from tests.cli.tables import RUDE

FIGURES = {"batch_per_second", "single_ms_median", "single_ms_p99"}
CASCADE = {"asked", "ms_mean", "asked_for_scores", "scores_ms_mean", "always_ms_mean", "share_from"}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    for name in ("_BATCH", "_PEER_BATCH", "_SINGLE", "_PEER_SINGLE", "_SLOW_BATCH", "_SLOW_SINGLE"):
        monkeypatch.setattr(bench, name, 20)
    for name in ("_BERT_BATCH", "_BERT_SINGLE"):
        monkeypatch.setattr(bench, name, 1)


@pytest.fixture
def off(monkeypatch):
    monkeypatch.setenv("CAREFUL_READER", "off")


def run(*arguments):
    result = CliRunner().invoke(bench.bench, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_comments_are_400_characters_and_the_same_for_a_seed():
    some = bench.comments(50, Random(1))

    assert {len(text) for text in some} == {400}
    assert some == bench.comments(50, Random(1))
    assert some != bench.comments(50, Random(2))


def test_short_comments_have_40_tokens(both):
    some = bench.short_comments(20, Random(1))

    around = 2  # [CLS] and [SEP]
    assert {len(both.careful.read(text).places) + around for text in some} == {40}


@pytest.mark.usefixtures("off")
def test_json_holds_both_readers_and_their_ratio():
    result = json.loads(run("--json"))

    assert set(result) == {"quick", "sklearn_tfidf", "ratio"}
    assert all(set(figures) == FIGURES for figures in result.values())
    quick, peer = result["quick"], result["sklearn_tfidf"]
    assert result["ratio"]["batch_per_second"] == round(quick["batch_per_second"] / peer["batch_per_second"], 1)


@pytest.mark.usefixtures("off")
def test_the_table_can_do_without_the_peer():
    output = run("--peer-free")

    assert "quick" in output
    assert "sklearn" not in output
    assert "careful" not in output


@pytest.fixture
def data_file(tmp_path):
    labels = "toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam"
    lines = [f"{RUDE if number % 2 else 'Thank you'} {number},0,,,,,,,,made-up,CC0,true" for number in range(300)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join([f"text,{labels},source,licence,natural", *lines]))
    return path


@pytest.mark.usefixtures("both")
def test_the_cascade_is_timed_and_counted_on_natural_comments(data_file):
    result = json.loads(run("--json", "--peer-free", "--data", data_file))

    assert set(result) == {"quick", "careful", "cascade"}
    assert set(result["careful"]) == FIGURES
    cascade = result["cascade"]
    assert set(cascade) == CASCADE
    assert 0 <= cascade["asked"] <= 1
    assert cascade["share_from"].endswith("natural held-back comments of data.csv")
    assert "asked for" in run("--peer-free", "--data", data_file)


def test_without_a_file_the_share_is_the_one_that_was_measured(tmp_path, both):
    shares = {"asked_for_decisions": {"value": 0.1}, "asked_for_scores": {"value": 1.0}}
    (tmp_path / both.careful.model).mkdir()
    metrics = tmp_path / both.careful.model / "metrics.json"
    assert bench_cascade.on_made_up(both, [RUDE], tmp_path) is None
    metrics.write_text(json.dumps({"cascade": {"shares": shares}}))

    cascade = bench_cascade.on_made_up(both, [RUDE], tmp_path)

    assert set(cascade) == CASCADE
    assert (cascade["asked"], cascade["share_from"]) == (0.1, f"metrics.json of {both.careful.model}")
    assert cascade["scores_ms_mean"] == cascade["always_ms_mean"] > cascade["ms_mean"]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs the extra `train`")
@pytest.mark.usefixtures("off")
def test_a_network_of_berts_size_can_stand_beside_them():
    result = json.loads(run("--json", "--peer-free", "--peer"))

    assert set(result) == {"quick", "bert_base"}
    assert set(result["bert_base"]) == FIGURES


@pytest.mark.usefixtures("off")
def test_without_its_packages_the_peer_says_how_to_install_them(monkeypatch):
    monkeypatch.setattr("moderation.classifier.careful.base.find_spec", lambda name: None)

    result = CliRunner().invoke(bench.bench, ["--peer-free", "--peer"])

    assert result.exit_code == 1
    assert "torch" in result.output
    assert 'pip install --extra-index-url https://download.pytorch.org/whl/cpu -e ".[train]"' in result.output


def test_a_missing_model_is_said_plainly(monkeypatch):
    def missing(directory=None):
        raise ModelError("There is no model.")

    monkeypatch.setattr(reader.QuickReader, "load", missing)

    result = CliRunner().invoke(bench.bench)

    assert result.exit_code == 1
    assert result.output == "Error: There is no model.\n"
