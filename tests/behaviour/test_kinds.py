"""The shipped readers decide short comments of nineteen kinds as it should, with a floor for each kind.

python -m tests.behaviour.measure --reader both                 prints the tables
python -m tests.behaviour.measure --reader both --write-floors  takes what that reader reaches as its new floors
"""

import csv
import gzip
import re

import pytest

from moderation.classifier.own_examples import FOLDER
from tests.behaviour import measure

HELD = {"plain insult", "threat", "wish of harm", "dehumanising", "identity attack without a slur", "coded wish"}
PUBLISHED = {
    "quotation", "negation", "self-deprecation", "swearing in joy", "naming a group", "history", "medicine", "sport",
    "film", "cooking", "criticism of an idea", "grief", "news report",
}  # fmt: skip
TEXTS = [text for group in measure.CASES.values() for text in group["cases"]]


def stretches(text):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 6]) for start in range(len(words) - 5)}


@pytest.fixture(scope="module")
def right(reader):
    return measure.kinds(reader)


def test_there_are_enough_cases_of_each_kind():
    assert {kind for kind, group in measure.CASES.items() if group["side"] == "hold"} == HELD
    assert {kind for kind, group in measure.CASES.items() if group["side"] == "publish"} == PUBLISHED
    assert len(TEXTS) == len(set(TEXTS)) >= 300
    assert all(len(group["cases"]) >= 20 for group in measure.CASES.values())


def test_no_case_is_taken_from_the_training_data(shared):
    csv.field_size_limit(2**31 - 1)
    with gzip.open(shared / "data" / "train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        training = {row["text"].strip().lower() for row in csv.DictReader(file)}

    assert [text for text in TEXTS if text.strip().lower() in training] == []


def test_no_case_shares_six_words_in_a_row_with_our_own_training_examples():
    files = list(FOLDER.glob("*.json"))
    trained = set().union(*(stretches(path.read_text(encoding="utf-8")) for path in files))

    assert len(files) >= 4
    assert len(trained) > 500
    under_articles = [text for article in measure.ARTICLES for text in article["readers"] + article["abusive"]]
    assert [text for text in TEXTS + under_articles if stretches(text) & trained] == []


def test_every_kind_stays_above_its_floor(reader, right, floors, print_table):
    floor = floors["kinds"]
    print_table(measure.kinds_table(right, floor, reader.model))

    shares = {kind: sum(good) / len(good) for kind, good in right.items()}

    assert set(floor) == set(shares)
    assert {kind: share for kind, share in shares.items() if share < floor[kind]} == {}
