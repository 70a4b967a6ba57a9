"""Who reads: `--reader quick|careful|both`, with a careful reader, without one, and with it switched off."""

import json
import subprocess
import sys

import pytest

from moderation.classifier.both import Mode
from moderation.cli import readers
from moderation.cli.evaluate import evaluate
from moderation.cli.score import score
from moderation.config import ROOT
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Careful, Context
from tests.cli.tables import KIND, ROWS, RUDE, run, score_rows, write_table

TEXTS = [
    RUDE,
    KIND,
    "",
    "People like you should not be let near a keyboard",
    "word " * 600,
    "The film was murder to watch",
]


def scores_of(row):
    return {name: float(row[name]) for name in ATTRIBUTES}


def rounded(scores):
    return {name: round(score, 6) for name, score in scores.items()}


@pytest.mark.parametrize("mode", Mode)
def test_score_reads_with_the_reader_that_is_named(tmp_path, both, mode):
    rows = score_rows(tmp_path, [{"text": text} for text in TEXTS], "--reader", mode.value)

    expected = both.read_many(TEXTS, mode=mode)
    assert [scores_of(row) for row in rows] == [rounded(reading.scores) for reading in expected]
    assert [json.loads(row["spans"]) for row in rows] == [
        [span.as_list() for span in reading.spans] for reading in expected
    ]


def test_both_is_what_is_taken_if_nothing_is_said(tmp_path, both):
    rows = [{"text": text} for text in TEXTS]

    assert score_rows(tmp_path, rows) == score_rows(tmp_path, rows, "--reader", "both")


def test_every_row_is_asked_of_both_however_clear_it_is(both):
    readings = both.read_many(TEXTS)

    assert {reading.careful for reading in readings} == {Careful.ASKED}
    assert all(set(reading.apart) == {"quick", "careful"} for reading in readings)


def test_the_careful_reader_sees_the_context(tmp_path, both):
    row = {"text": "That is what he deserves", "article": "A gardener was given a prize.", "parent": "He was hanged."}

    scored = score_rows(tmp_path, [row], "--context-column", "article", "--parent-column", "parent")[0]

    seen = Context(article=row["article"], parent=row["parent"])
    assert scores_of(scored) == rounded(both.read_many([row["text"]], [seen])[0].scores)
    assert scores_of(scored) != rounded(both.read_many([row["text"]])[0].scores)


@pytest.mark.usefixtures("both")
def test_a_rows_scores_do_not_depend_on_its_neighbours(tmp_path):
    alone = [score_rows(tmp_path, [{"text": text}])[0] for text in TEXTS]

    together = score_rows(tmp_path, [{"text": text} for text in [*reversed(TEXTS), *TEXTS * 3]])

    assert together == [*reversed(alone), *alone * 3]


def test_evaluate_names_the_readers_and_uses_their_scores(tmp_path, both):
    write_table(tmp_path / "in.csv", [{"text": text, "label": str(text == RUDE)} for text in TEXTS])
    arguments = (tmp_path / "in.csv", "--text-column", "text", "--label-column", "label", "--json", "--reader")

    found = {mode: json.loads(run(evaluate, *arguments, mode).stdout) for mode in readers.READERS}

    models = {"quick": both.quick.model, "careful": both.careful.model, "both": both.model}
    assert {mode: result["model"] for mode, result in found.items()} == models
    held = both.read_many([RUDE])[0].scores[TOXICITY] >= found["both"]["bands"][0]["threshold"]
    assert found["both"]["bands"][0]["recall"]["value"] == float(held)


def test_both_means_the_quick_reader_where_there_is_no_careful_one(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "has_careful", lambda: False)

    assert score_rows(tmp_path, ROWS) == score_rows(tmp_path, ROWS, "--reader", "quick")


def test_both_means_the_quick_reader_where_the_careful_one_is_off(tmp_path, monkeypatch):
    monkeypatch.setenv("CAREFUL_READER", "off")

    assert score_rows(tmp_path, ROWS) == score_rows(tmp_path, ROWS, "--reader", "quick")


@pytest.mark.parametrize(
    ("switch", "there", "sentence"),
    [
        ("on", False, "There is no careful reader; use --reader quick."),
        ("off", True, "The careful reader is off (CAREFUL_READER); use --reader quick."),
        ("perhaps", True, "CAREFUL_READER must be on or off"),
    ],
)
def test_the_careful_reader_that_cannot_be_asked_is_one_sentence(tmp_path, monkeypatch, switch, there, sentence):
    monkeypatch.setenv("CAREFUL_READER", switch)
    monkeypatch.setattr(readers, "has_careful", lambda: there)
    write_table(tmp_path / "in.csv", ROWS)

    arguments = (tmp_path / "in.csv", "--text-column", "text", "--output", tmp_path / "out.csv", "--reader", "careful")
    result = run(score, *arguments)

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def in_a_process(code, *arguments, **environment):
    """Run *code* in a Python of its own, where nothing has been imported yet."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_switched_off_it_imports_nothing_of_the_careful_reader(tmp_path):
    write_table(tmp_path / "in.csv", ROWS)
    code = (
        "import sys; from moderation.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'onnxruntime', 'tokenizers'} & set(sys.modules)))"
    )

    arguments = ("score", tmp_path / "in.csv", "--text-column", "text", "--output", tmp_path / "out.csv")
    result = in_a_process(code, *arguments, CAREFUL_READER="off")

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


@pytest.mark.usefixtures("both")
def test_a_package_that_is_missing_is_named(tmp_path):
    write_table(tmp_path / "in.csv", ROWS)
    code = "import sys; sys.modules['onnxruntime'] = None; from moderation.cli import main; main(sys.argv[1:])"

    result = in_a_process(code, "score", tmp_path / "in.csv", "--text-column", "text", "--output", tmp_path / "out.csv")

    assert result.returncode == 1
    assert "needs the package onnxruntime. Install it, or set CAREFUL_READER=off." in result.stderr
    assert result.stderr.count("\n") == 1
