"""`score`: what the classifier says of each row of a table."""

import json

import click

from moderation.cli.default_policy import first_part, verdict
from moderation.cli.progress import with_progress
from moderation.cli.readers import (
    context_column,
    contexts_of,
    load_reader,
    parent_column,
    plain_errors,
    reader_option,
    text_column,
    texts_of,
)
from moderation.cli.rows import Row, open_sink, open_source
from moderation.domain.reading import ATTRIBUTES, Reading

_ADDED = (*ATTRIBUTES, "decision", "reasons", "spans")


@click.command(epilog="Example: moderation score comments.csv --text-column text --output scored.csv")
@click.argument("input")
@text_column
@context_column
@parent_column
@click.option("--output", required=True, metavar="FILE", help="Where the rows go; - is standard output.")
@reader_option
def score(
    input: str, text_column: str, context_column: str | None, parent_column: str | None, output: str, reader: str
) -> None:
    """Score each row of INPUT and decide by the default policy.

    INPUT and FILE may be .csv, .csv.gz, .jsonl or .parquet, or - for CSV on standard input or output.
    All rows and columns come back in order, with a probability for each attribute, and with decision,
    reasons and spans (JSON; a span is [start, end, attribute, contribution]).
    """
    with plain_errors(), open_source(input) as source:
        source.require(text_column, context_column, parent_column)
        chosen = load_reader(reader)
        columns = [name for name in source.columns if name not in _ADDED] + list(_ADDED)
        with open_sink(output, columns) as write:
            for rows in with_progress(source):
                texts, contexts = texts_of(rows, text_column), contexts_of(rows, context_column, parent_column)
                readings = chosen.read_many([first_part(text) for text in texts], contexts)
                write(
                    [
                        {name: row[name] for name in row if name not in _ADDED} | _answer(text, reading)
                        for row, text, reading in zip(rows, texts, readings, strict=True)
                    ]
                )


def _answer(text: str, reading: Reading) -> Row:
    decided = verdict(text, reading)
    return {
        **{attribute: round(reading.scores.get(attribute, 0.0), 6) for attribute in ATTRIBUTES},
        "decision": decided.action.value,
        "reasons": json.dumps([reason.as_dict() for reason in decided.reasons]),
        "spans": json.dumps([span.as_list() for span in reading.spans]),
    }
