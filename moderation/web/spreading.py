"""Hard comments do not come in a row, as far as a page has milder ones to put between them."""

from collections.abc import Sequence

from moderation.storage.tables import Comment

HARD = 0.8  # from this risk on a comment is hard to read


def spread(rows: Sequence[Comment]) -> list[Comment]:
    """*rows* with one milder comment between two hard ones, or evenly fewer; among themselves both keep their order."""
    hard = [row for row in rows if row.risk >= HARD]
    mild = [row for row in rows if row.risk < HARD]
    gaps = len(hard) - 1
    if gaps < 1:
        return list(rows)
    between, put = min(len(mild), gaps), 0
    found: list[Comment] = []
    for number, row in enumerate(hard):
        found.append(row)
        upto = min(between, -(-between * (number + 1) // gaps))
        found.extend(mild[put:upto])
        put = upto
    return [*found, *mild[put:]]
