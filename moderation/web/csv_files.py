"""Tables as CSV files that a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

Cell = str | int | float | None

# What a spreadsheet takes for the beginning of a formula, also in the full width of East Asian letters.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_AT_ONCE = 16_384  # characters; each piece is packed and sent by itself
_BYTE_ORDER_MARK = "\ufeff"  # without it, Excel does not take a file for UTF-8


def defused(cell: Cell) -> Cell:
    """A text that a spreadsheet would calculate, marked as text; numbers are ours and stay."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def csv_file(name: str, rows: Iterable[Sequence[Cell]]) -> Response:
    """*rows* as a download, written while they are read."""
    response = Response(stream_with_context(_lines(rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


def _lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_BYTE_ORDER_MARK)
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        if buffer.tell() > _AT_ONCE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
