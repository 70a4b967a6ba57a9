"""Small tables and how the tests write, read and score them."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner

from moderation.cli.score import score

RUDE, KIND = "You are a pathetic idiot and nobody wants you here", "Thank you, this was kind and helped me a lot."
ROWS = [{"id": "1", "text": RUDE, "title": "Trains"}, {"id": "2", "text": KIND, "title": ""}]


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
