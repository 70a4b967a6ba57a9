"""The model in models/ does what the service was made for."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from moderation.classifier import artifact, card
from moderation.classifier.data import is_held_back
from moderation.classifier.figures import RANKING, estimate
from moderation.classifier.reader import QuickReader
from moderation.domain.comment import Action
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context

NOTHING = Context()
READER_COMMENTS = json.loads((Path(__file__).parent / "reader_comments.json").read_text(encoding="utf-8"))
ABUSE = [
    "You are a pathetic idiot and nobody wants you here",
    "Shut up, you disgusting liar",
    "Kill yourself, you worthless piece of trash",
    "Immigrants are filthy parasites and should all be shot",
]
KIND = [
    "Thank you for this, it was kind and it helped me.",
    "I respectfully disagree with your second point, but I enjoyed the essay.",
    "My gay Muslim friend and I cooked dinner together last night.",
    "The Jewish community centre opens again on Monday.",
    "I am a black woman and I am proud of it.",
    "Two lesbians live next door and bake the best bread in the street.",
    "White chocolate and dark chocolate both work in this recipe.",
]


@pytest.fixture(scope="module")
def reader():
    return QuickReader.load()


@pytest.fixture(scope="module")
def seed(shared):
    return json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))


def is_held(reader, text, context=NOTHING):
    return decide(Policy(), reader.read(text, context), ()).action is not Action.PUBLISH


def contexts(seed):
    """What a blog may send along: the whole article, its title, nothing."""
    article = seed["article"]
    return [Context(article["title"], article["text"]), Context(article["title"]), Context()]


def test_the_seed_comment_is_held_with_and_without_its_article(reader, seed):
    assert [is_held(reader, seed["comment"]["text"], context) for context in contexts(seed)] == [True] * 3


def test_at_most_one_comment_of_the_articles_readers_is_held(reader, seed):
    assert len(READER_COMMENTS) >= 40
    for context in contexts(seed):
        assert sum(is_held(reader, text, context) for text in READER_COMMENTS) <= 1


def test_readers_may_quote_the_article(reader, seed):
    sentences = [part for part in seed["article"]["text"].split(". ") if "tor" in part or "terror" in part]
    quotes = [f"“{sentence}.” This is the sentence I will remember." for sentence in sentences]

    assert len(quotes) >= 5
    for context in contexts(seed):
        assert not any(is_held(reader, quote, context) for quote in quotes)


@pytest.mark.parametrize("text", ABUSE, ids=range(len(ABUSE)))
def test_plain_abuse_is_held_clearly(reader, text):
    assert is_held(reader, text)
    assert reader.read(text).scores[TOXICITY] >= 0.6


@pytest.mark.parametrize("text", KIND, ids=range(len(KIND)))
def test_kindness_and_the_names_of_groups_are_published(reader, text):
    assert not is_held(reader, text)


def test_it_keeps_its_quality_on_natural_comments_it_has_not_seen(reader, shared):
    csv.field_size_limit(2**31 - 1)
    with gzip.open(shared / "data" / "train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["natural"] == "True" and is_held_back(row["text"])]
    labels = np.array([float(row["toxicity"]) >= 0.5 for row in rows])
    readings = reader.read_many([row["text"] for row in rows], spans=False)
    scores = np.array([reading.scores[TOXICITY] for reading in readings])
    held = np.array([decide(Policy(), reading, ()).action is not Action.PUBLISH for reading in readings])

    figures = {name: figure.value for name, figure in estimate(RANKING, scores, labels, resamples=0).items()}

    assert len(rows) > 1_500
    assert figures["roc_auc"] > 0.96
    assert figures["average_precision"] > 0.82
    assert figures["calibration_error"] < 0.03
    assert held[labels].mean() > 0.7
    assert held[~labels].mean() < 0.04
    said = json.loads((artifact.newest() / "metrics.json").read_text(encoding="utf-8"))
    natural = said["attributes"][TOXICITY]["natural"]
    for name, value in figures.items():
        assert value == pytest.approx(natural["model"][name]["value"], abs=0.001)


def test_it_scores_every_attribute(reader):
    assert set(reader.attributes) == set(ATTRIBUTES)


def test_its_papers_are_in_order():
    directory = artifact.newest()
    manifest = artifact.read_manifest(directory)
    metrics = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))

    assert (directory / "card.md").read_text(encoding="utf-8") == card.card(manifest, metrics)
    assert all(source["licence"] for source in manifest["data"]["sources"].values())
    assert "/" not in manifest["data"]["file"]
    assert sum(path.stat().st_size for path in directory.iterdir()) < 10_000_000
