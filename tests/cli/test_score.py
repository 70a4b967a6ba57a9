"""`score` as its users call it."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moderation.classifier.reader import QuickReader
from moderation.cli.score import score
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context
from tests.cli.tables import KIND, ROWS, RUDE, as_csv, read_csv, read_table, run, score_rows, write_table

ADDED = [*ATTRIBUTES, "decision", "reasons", "spans"]


@pytest.fixture(autouse=True)
def _quick_reader_alone(monkeypatch):
    """What these tests are about is the same whoever reads; test_readers.py is about who reads."""
    monkeypatch.setenv("CAREFUL_READER", "off")


def test_score_keeps_rows_columns_and_order_and_adds_its_own(tmp_path):
    rows = score_rows(tmp_path, ROWS)

    assert list(rows[0]) == ["id", "text", "title", *ADDED]
    assert [{name: row[name] for name in ROWS[0]} for row in rows] == ROWS
    assert [row["decision"] for row in rows] == ["hold", "publish"]
    assert float(rows[0][TOXICITY]) == pytest.approx(QuickReader.load().read(RUDE).scores[TOXICITY], abs=1e-6)


def test_score_gives_reasons_and_spans_as_json(tmp_path):
    rude, kind = score_rows(tmp_path, ROWS)

    assert {reason["code"] for reason in json.loads(rude["reasons"])} >= {"toxicity", "insult"}
    assert json.loads(kind["reasons"]) == []
    start, end, attribute, contribution = max(json.loads(rude["spans"]), key=lambda span: span[3])
    assert RUDE[start:end] == "idiot"
    assert attribute in ATTRIBUTES
    assert contribution > 0


def test_score_replaces_columns_that_are_named_like_its_own(tmp_path):
    rows = score_rows(tmp_path, [{"spans": "old", "text": RUDE, TOXICITY: "old"}])

    assert list(rows[0]) == ["text", *ADDED]
    assert "old" not in rows[0].values()


def test_score_reads_the_context(tmp_path):
    text, article = "They called the butcher stupid", "The butcher was called stupid by them"
    row = {"text": text, "article": article, "parent": "Well?"}

    scored = score_rows(tmp_path, [row], "--context-column", "article", "--parent-column", "parent")[0]

    expected = QuickReader.load().read(text, Context(article=article, parent="Well?"))
    assert float(scored[TOXICITY]) == pytest.approx(expected.scores[TOXICITY], abs=1e-6)
    assert expected.scores != QuickReader.load().read(text).scores


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "\x00"])
def test_a_row_without_text_is_held_with_the_reason(tmp_path, text):
    row = score_rows(tmp_path, [{"id": "1", "text": text}])[0]

    assert row["decision"] == "hold"
    assert [reason["code"] for reason in json.loads(row["reasons"])] == ["empty_text"]
    assert 0 <= float(row[TOXICITY]) <= 1


def test_an_over_long_row_is_held_even_if_it_is_kind(tmp_path):
    text = "Thank you for the kind article. " * 6_000  # longer than the csv module takes by default

    row = score_rows(tmp_path, [{"id": "1", "text": text}])[0]

    assert len(text) > 131_072
    assert row["text"] == text
    assert row["decision"] == "hold"
    assert [reason["code"] for reason in json.loads(row["reasons"])] == ["text_too_long"]


def test_a_comment_of_exactly_the_limit_is_read_whole(tmp_path):
    text = ("Thank you for the kind article. " * 6_000)[:20_480]

    assert score_rows(tmp_path, [{"text": text}])[0]["decision"] == "publish"


def test_the_texts_own_signals_count(tmp_path):
    links = " ".join(f"https://example.org/{number}" for number in range(9))

    row = score_rows(tmp_path, [{"text": f"Some pages on the history of the railway: {links}"}])[0]

    assert row["decision"] == "hold"
    assert "too_many_links" in {reason["code"] for reason in json.loads(row["reasons"])}


def test_bytes_that_are_no_utf8_come_back_as_they_went_in(tmp_path):
    assert score_rows(tmp_path, [{"text": "caf\udce9 au lait", "id": "1"}])[0]["text"] == "caf\udce9 au lait"


def test_more_rows_than_a_chunk_stay_in_order(tmp_path):
    rows = score_rows(tmp_path, [{"text": KIND, "id": str(number)} for number in range(1_234)])

    assert [row["id"] for row in rows] == [str(number) for number in range(1_234)]


def test_standard_input_and_output_carry_csv_and_nothing_else():
    result = run(score, "-", "--text-column", "text", "--output", "-", input=as_csv(ROWS))

    assert result.exit_code == 0
    assert [row["decision"] for row in read_csv(result.stdout)] == ["hold", "publish"]
    assert result.stderr == ""


@pytest.mark.parametrize("target", ["out.csv", "out.csv.gz", "out.jsonl", "out.parquet"])
@pytest.mark.parametrize("source", ["in.csv", "in.csv.gz", "in.jsonl", "in.parquet"])
def test_every_format_goes_into_every_other(tmp_path, source, target):
    write_table(tmp_path / source, ROWS)

    result = run(score, tmp_path / source, "--text-column", "text", "--output", tmp_path / target)

    assert result.exit_code == 0, result.output
    rows = read_table(tmp_path / target)
    assert [row["text"] for row in rows] == [RUDE, KIND]
    assert [row["decision"] for row in rows] == ["hold", "publish"]
    assert list(rows[0]) == ["id", "text", "title", *ADDED]


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl", "in.parquet"])
def test_an_input_without_rows_gives_an_output_without_rows(tmp_path, name):
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    (tmp_path / "in.csv").write_text("text\n")
    (tmp_path / "in.jsonl").write_text("")
    column = [] if name == "in.jsonl" else ["text"]

    result = run(score, tmp_path / name, "--text-column", "text", "--output", tmp_path / "out.csv")

    if column:
        assert (tmp_path / "out.csv").read_text() == ",".join([*column, *ADDED]) + "\n"
    else:
        assert "no column 'text'" in result.output


def test_types_of_a_parquet_file_and_half_characters_of_json_survive(tmp_path):
    pq.write_table(pa.table({"text": [KIND, None], "votes": [3, None]}), tmp_path / "in.parquet")
    (tmp_path / "in.jsonl").write_text('{"text": "\\ud83d oh", "tags": ["a"]}\n')

    first = run(score, tmp_path / "in.parquet", "--text-column", "text", "--output", tmp_path / "out.parquet")
    second = run(score, tmp_path / "in.jsonl", "--text-column", "text", "--output", tmp_path / "out.jsonl")
    third = run(score, tmp_path / "in.jsonl", "--text-column", "text", "--output", tmp_path / "out.csv")

    assert [first.exit_code, second.exit_code, third.exit_code] == [0, 0, 0]
    assert [row["votes"] for row in read_table(tmp_path / "out.parquet")] == [3, None]
    assert read_table(tmp_path / "out.jsonl")[0]["tags"] == ["a"]
    assert read_table(tmp_path / "out.jsonl")[0]["text"] == "\ud83d oh"


def test_the_output_may_be_the_input(tmp_path):
    path = tmp_path / "comments.csv"
    write_table(path, ROWS)

    result = run(score, path, "--text-column", "text", "--output", path)

    assert result.exit_code == 0
    assert [row["decision"] for row in read_table(path)] == ["hold", "publish"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("in.csv", "body,id\nx,1\n", [], "no column 'text'. Its columns: body, id."),
        ("in.csv", "text,id\nx,1\n", ["--context-column", "title"], "no column 'title'"),
        ("in.csv", "text,id\nx,1,2\n", [], "Row 1 has more fields than the header"),
        ("in.txt", "text\nx\n", [], "in.txt must end in one of .csv, .csv.gz, .jsonl, .parquet"),
        ("in.jsonl", '{"text": "x"}\n[]\n', [], "Line 2 of the input is not a JSON object"),
        ("in.parquet", "no", [], "not a Parquet file"),
        ("in.csv.gz", "no", [], "in.csv.gz cannot be read"),
        ("in.csv", "", [], "no column 'text'. Its columns: none."),
    ],
)
def test_errors_are_one_sentence_and_leave_no_output(tmp_path, name, content, options, sentence):
    (tmp_path / name).write_text(content)

    result = run(score, tmp_path / name, "--text-column", "text", "--output", tmp_path / "out.csv", *options)

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_gzip_file_cut_short_is_said_and_leaves_no_output(tmp_path):
    rows = [{"text": f"{KIND} {number * 7919}"} for number in range(3_000)]
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(as_csv(rows).encode())[:-2_000])

    result = run(score, tmp_path / "in.csv.gz", "--text-column", "text", "--output", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "in.csv.gz cannot be read" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv.gz"]


def test_a_file_that_is_not_there_is_said(tmp_path):
    result = run(score, tmp_path / "none.csv", "--text-column", "text", "--output", "-")

    assert result.exit_code == 1
    assert "No such file" in result.stderr
