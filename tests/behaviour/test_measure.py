"""The measuring itself: each reader has floors of its own, and writing one reader's leaves the others'."""

import json

import numpy as np
import pytest

from moderation.classifier.obfuscation import KINDS
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Reading
from tests.behaviour import measure


class Strict:
    """Finds everything toxic."""

    model = "strict-1"

    def read_many(self, texts, contexts=None, *, spans=True):
        scores = dict.fromkeys(ATTRIBUTES, 0.0) | {TOXICITY: 0.9}
        return [Reading(scores=scores, spans=(), model=self.model) for _ in texts]


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command with a reader that is made up, on floors that are a copy."""
    path = tmp_path / "floors.json"
    path.write_text(measure.FLOORS.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(measure, "FLOORS", path)
    monkeypatch.setattr(measure, "load_reader", lambda name: Strict())
    monkeypatch.setattr(measure, "natural", lambda shared, name: (["a comment"] * 4, np.array([True, False] * 2)))
    kept = {**dict.fromkeys(KINDS, (0.8, 0.9)), "mean": (0.8, 0.9)}
    monkeypatch.setattr(measure, "kept_recall", lambda reader, texts, toxic: kept)

    def _run(*arguments):
        monkeypatch.setattr("sys.argv", ["measure", *arguments])
        measure.main()
        return capsys.readouterr().out, json.loads(path.read_text(encoding="utf-8"))

    return _run


def test_the_floors_of_one_reader_are_written_and_the_others_stay(run):
    before = json.loads(measure.FLOORS.read_text(encoding="utf-8"))

    _, after = run("--reader", "careful", "--write-floors")

    assert after == before | {"careful": after["careful"]}
    assert after["careful"]["model"] == "strict-1"
    assert after["careful"]["kinds"]["all innocent"] <= 0
    assert set(after["careful"]) == set(after["quick"])


def test_the_tables_are_printed_and_the_cases_only_if_asked_for(run):
    tables, after = run("--reader", "both")
    with_cases, _ = run("--reader", "both", "--cases")
    innocent = next(group["cases"][0] for group in measure.CASES.values() if group["side"] == "publish")

    assert "Behaviour cases, strict-1" in tables
    assert "Comments under violent articles, strict-1" in tables
    assert "Recall on disguised comments" in tables
    assert innocent not in tables
    assert innocent in with_cases
    assert after == json.loads(measure.FLOORS.read_text(encoding="utf-8"))


def test_a_reader_without_floors_has_none():
    assert measure.floors("nobody") == {}


def test_for_the_slow_readers_fewer_innocent_comments_are_disguised_and_all_toxic_ones(shared):
    texts, toxic = measure.natural(shared)
    fewer, of_fewer = measure.natural(shared, "both")

    assert set(fewer) < set(texts)
    assert of_fewer.sum() == toxic.sum()
    assert len(fewer) - of_fewer.sum() < 0.3 * (len(texts) - toxic.sum())
