"""`train` as its users call it."""

import json

import pytest

from moderation.classifier import artifact
from moderation.classifier.reader import QuickReader
from moderation.cli.evaluate import evaluate
from moderation.cli.score import score
from moderation.cli.train import train
from moderation.domain.reading import TOXICITY
from tests.cli.tables import KIND, RUDE, run

LABELS = "toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam"


@pytest.fixture
def data_file(tmp_path):
    """Half rude, half kind; half of both natural."""
    lines = [
        f"{RUDE if number % 2 else KIND.replace(',', '')} {number},{number % 2},,,,{number % 2},,,,"
        f"wikipedia-talk,CC0,{number % 4 < 2}"
        for number in range(200)
    ]
    path = tmp_path / "data.csv"
    path.write_text("\n".join([f"text,{LABELS},source,licence,natural", *lines]))
    return path


def test_train_writes_a_model_that_can_be_read_and_its_papers(tmp_path, data_file):
    result = run(train, data_file, "--output", tmp_path / "tiny-1", "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    reader = QuickReader.load(tmp_path / "tiny-1")
    assert reader.read(RUDE).scores[TOXICITY] > 0.5 > reader.read(KIND).scores[TOXICITY]
    assert told["manifest"] == artifact.read_manifest(tmp_path / "tiny-1")
    sources = told["manifest"]["data"]["sources"]
    rates = {"TOXICITY": 0.5, "INSULT": 0.5}
    assert sources["wikipedia-talk"] == {"rows": 200, "weight": 1.0, "positive": rates, "licence": "CC0"}
    assert set(sources) >= {"wikipedia-talk", "our-examples"}
    assert told["metrics"] == json.loads((tmp_path / "tiny-1" / "metrics.json").read_text())
    assert {path.suffix for path in (tmp_path / "tiny-1").iterdir()} == {".npy", ".json", ".md", ".svg"}
    assert str(tmp_path) not in (tmp_path / "tiny-1" / "manifest.json").read_text()
    assert "| TOXICITY | natural |" in (tmp_path / "tiny-1" / "card.md").read_text()


def test_train_says_what_its_data_lacks(tmp_path):
    (tmp_path / "data.csv").write_text("text,toxicity\nhello,0\n")

    result = run(train, tmp_path / "data.csv", "--output", tmp_path / "tiny-1")

    assert result.exit_code == 1
    assert "data.csv lacks the columns" in result.stderr
    assert not (tmp_path / "tiny-1").exists()


@pytest.mark.parametrize("option", ["--refit", "--rounds=2", "--rows=10", "--without=examples", "--threads=1"])
def test_what_only_the_careful_reader_has_is_refused_for_the_quick_one(tmp_path, data_file, option):
    result = run(train, data_file, "--output", tmp_path / "tiny-1", option)

    assert result.exit_code == 2
    assert f"{option.split('=')[0]} needs --reader careful." in result.stderr
    assert not (tmp_path / "tiny-1").exists()


@pytest.mark.parametrize("command", [score, evaluate, train])
def test_help_shows_an_example(command):
    assert f"Example: moderation {command.name}" in run(command, "--help").stdout
