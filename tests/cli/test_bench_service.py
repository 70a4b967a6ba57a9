"""`bench-service`: a short run of the real thing, and the figures by themselves."""

import json
from collections import Counter
from random import Random

import pytest

from moderation.cli.bench_service import Run, figures, held, natural


def test_service_is_started_asked_and_stopped(run):
    printed = run("bench-service", "--rate", "10", "--seconds", "1", "--json", env={"CAREFUL_READER": "off"})
    result = json.loads(printed[printed.index("{") :])  # progress stands before it
    assert result["requests"] == 10
    assert result["statuses"] == {"200": 10}
    assert 0 < result["p50"] <= result["p90"] <= result["p99"] <= result["max"]


def test_comments_are_stored_and_memory_is_watched(run):
    options = ["--rate", "10", "--seconds", "1", "--what", "comments", "--json"]
    printed = run("bench-service", *options, env={"CAREFUL_READER": "off"})
    result = json.loads(printed[printed.index("{") :])
    assert result["statuses"] == {"201": 10}
    assert 50 < result["memory_mb"]["start"] <= result["memory_mb"]["most"]


def test_memory_is_told_by_quarters():
    assert held([]) == {}
    assert held([100.0] * 4 + [200.0] * 4) == {
        "start": 100.0,
        "quarter_1": 100.0,
        "quarter_2": 100.0,
        "quarter_3": 200.0,
        "quarter_4": 200.0,
        "most": 200.0,
    }


def test_figures_are_quantiles_of_every_request():
    found = figures(Run([float(number) for number in range(1, 101)], Counter({200: 99, 503: 1})), 100.0)
    assert (found["p50"], found["max"]) == (50.5, 100.0)
    assert found["p99"] == pytest.approx(99.01)
    assert found["statuses"] == {"200": 99, "503": 1}


def test_natural_comments_are_long_ones_cut(tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text("text\n" + "short\n" + "a" * 500 + "\n" + "b" * 400 + "\n", encoding="utf-8")
    assert sorted(natural(path, Random(0))) == ["a" * 400, "b" * 400]
