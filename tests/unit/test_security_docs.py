"""docs/security.md: every item of the standard's two levels stands in it once, and what it names is there."""

import re

import pytest

from moderation.config import ROOT

PAGE = ROOT / "docs" / "security.md"
ITEMS = ROOT / "tests" / "unit" / "asvs_5_0_0.txt"  # the standard's own numbers and levels, without its words
ROW = re.compile(r"\| (V\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([^|]+) \| ([^|]*)\|$", re.MULTILINE)
STATES = {"met", "met in part", "met at level 1", "not met", "open", "n/a"}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_every_item_of_both_levels_stands_in_the_table_once(page):
    wanted = [tuple(line.split()) for line in ITEMS.read_text().splitlines()]

    assert [(number, level) for number, level, *_ in ROW.findall(page)] == wanted
    assert sum(level == "1" for _, level in wanted) == 70
    assert sum(level == "2" for _, level in wanted) == 183


def test_every_item_has_a_state_and_says_where_or_why(page):
    for number, _, state, words in ROW.findall(page):
        assert state in STATES, number
        assert words.strip() or state == "n/a", number


def test_the_sums_are_those_of_the_table(page):
    rows = ROW.findall(page)
    for level in "12":
        states = [state for _, its, state, _ in rows if its == level]
        part = sum(state.startswith("met ") for state in states)
        counts = [states.count("met"), part, states.count("not met"), states.count("open"), states.count("n/a")]
        assert f"| {level} | {len(states)} | {' | '.join(map(str, counts))} |" in page


def test_every_file_that_is_named_is_there(page):
    names = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|html|js|txt|lock|service|conf|md))`", page))

    assert len(names) > 30
    missing = [name for name in names if not (ROOT / name).is_file() and not (ROOT / "moderation" / name).is_file()]
    assert missing == []


def test_every_test_that_is_named_is_there(page):
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)\(", code, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", page))

    assert len(named) > 60
    assert named - there == set()
