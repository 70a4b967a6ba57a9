"""`score`, `evaluate` and `train` as their users call them."""

import csv
import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sklearn.metrics import average_precision_score, roc_auc_score

from moderation.classifier import artifact
from moderation.classifier.reader import QuickReader
from moderation.cli.models import evaluate, score, train
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context

RUDE, KIND = "You are a pathetic idiot and nobody wants you here", "Thank you, this was kind and helped me a lot."
ROWS = [{"id": "1", "text": RUDE, "title": "Trains"}, {"id": "2", "text": KIND, "title": ""}]
ADDED = [*ATTRIBUTES, "decision", "reasons", "spans"]


def as_csv(rows):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def run(command, *arguments, **keywords):
    return CliRunner().invoke(command, [str(argument) for argument in arguments], **keywords)


def score_rows(tmp_path, rows, *options):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(as_csv(rows).encode("utf-8", "surrogateescape"))
    result = run(score, source, "--text-column", "text", "--output", target, *options)
    assert result.exit_code == 0, result.output
    with target.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


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


def write_table(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(as_csv(rows).encode()))
    else:
        path.write_text(as_csv(rows), encoding="utf-8-sig", newline="")


def read_table(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    content = path.read_bytes()
    return read_csv((gzip.decompress(content) if path.suffix == ".gz" else content).decode())


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
        ("in.csv", "text,id\nx,1\n", ["--reader", "careful"], "no careful reader yet"),
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


def test_train_writes_a_model_that_can_be_read_and_its_papers(tmp_path):
    labels = "toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam"
    lines = [
        f"{RUDE if number % 2 else KIND} {number},{number % 2},,,,{number % 2},,,,made-up,CC0,{number % 4 < 2}"
        for number in range(200)
    ]
    (tmp_path / "data.csv").write_text(
        "\n".join([f"text,{labels},source,licence,natural", *lines]).replace(", this", " this")
    )

    result = run(train, tmp_path / "data.csv", "--output", tmp_path / "tiny-1", "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    reader = QuickReader.load(tmp_path / "tiny-1")
    assert reader.read(RUDE).scores[TOXICITY] > 0.5 > reader.read(KIND).scores[TOXICITY]
    assert told["manifest"] == artifact.read_manifest(tmp_path / "tiny-1")
    sources = told["manifest"]["data"]["sources"]
    rates = {"TOXICITY": 0.5, "INSULT": 0.5}
    assert sources["made-up"] == {"rows": 200, "weight": 1.0, "positive": rates, "licence": "CC0"}
    assert set(sources) == {"made-up", "our-examples"}
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


@pytest.mark.parametrize("command", [score, evaluate, train])
def test_help_shows_an_example(command):
    assert f"Example: moderation {command.name}" in run(command, "--help").stdout
