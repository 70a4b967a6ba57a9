"""What the search box understands, and what it says when it does not."""

from datetime import date

import pytest

from moderation.storage.listing import Queue
from moderation.web.dashboard.query import BadQuery, Query, parse

TODAY = date(2026, 3, 1)
REASONS = {"threat": "threat", "rude": "toxicity", "toxicity": "toxicity", "listed-word": "listed_word"}


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("", Query()),
        ("   ", Query()),
        ("rose", Query(words=("rose",))),
        ("red  rose", Query(words=("red", "rose"))),
        ('"red rose" thorn', Query(words=("red rose", "thorn"))),
        ("“red rose”", Query(words=("red rose",))),
        ("author:ann", Query(author="ann")),
        ('AUTHOR:"Ann Lee" rose', Query(author="Ann Lee", words=("rose",))),
        ("article:terror", Query(article="terror")),
        ("site:garden", Query(site="garden")),
        ("reason:threat", Query(reasons=("threat",))),
        ("reason:rude reason:threat", Query(reasons=("toxicity", "threat"))),
        ('reason:"Listed word"', Query(reasons=("listed_word",))),
        ("reason:listed_word", Query(reasons=("listed_word",))),
        ("is:held", Query(queue=Queue.HELD)),
        ("is:Not-Scored", Query(queue=Queue.NOT_SCORED)),
        ('is:"not scored"', Query(queue=Queue.NOT_SCORED)),
        ("is:appealed", Query(queue=Queue.APPEALS)),
        ("since:2026-02-03", Query(since=date(2026, 2, 3))),
        ("until:2026-02", Query(until=date(2026, 2, 28))),
        ("since:2025 until:2025", Query(since=date(2025, 1, 1), until=date(2025, 12, 31))),
        ("on:today", Query(since=TODAY, until=TODAY)),
        ("since:yesterday", Query(since=date(2026, 2, 28))),
        ("since:7d", Query(since=date(2026, 2, 22))),
        ("https://evil.example/a", Query(words=("https://evil.example/a",))),
        ("10:30", Query(words=("10:30",))),
        ('"is:held"', Query(words=("is:held",))),
        ('""', Query()),
        ("100%_", Query(words=("100%_",))),
        ("Straße 東京", Query(words=("Straße", "東京"))),
    ],
)
def test_a_line_is_read(line, query):
    assert parse(line, today=TODAY, reasons=REASONS) == query


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"red rose', "A quote is not closed"),
        ('author:"Ann', "A quote is not closed"),
        ('red"rose"', "Leave a space"),
        ('"red""rose"', "Leave a space"),
        ("autor:ann", "“autor:” is nothing to search by; there are author:, article:"),
        ("author:", "“author:” wants something behind it"),
        ("author: ann", "“author:” wants something behind it"),
        ('article:" "', "“article:” wants something behind it"),
        ("reason:love", "There is no reason “love”. Try one of: listed-word, rude, threat."),
        ("is:nice", "A comment is never “nice”, but: held, reported"),
        ("is:held is:spam", "“is:” can be given once."),
        ("since:soon", "“soon” is no day."),
        ("since:2026-02-30", "“2026-02-30” is no day."),
        ("since:2026-13", "“2026-13” is no day."),
        ("on:0000", "“0000” is no day."),
        ("since:2026-02-03 until:2026-02-02", "The search ends before it begins"),
        ("x" * 301, "at most 300 characters"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_to_change(line, says):
    with pytest.raises(BadQuery) as refused:
        parse(line, today=TODAY, reasons=REASONS)

    assert says in str(refused.value)
