"""The quick reader in models/ does what the service was made for."""

import csv
import gzip
import json
import math
from random import Random

import numpy as np
import pytest

from moderation.classifier import artifact, card
from moderation.classifier.data import is_held_back
from moderation.classifier.figures import RANKING, estimate
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.reader import QuickReader
from moderation.domain.comment import Action
from moderation.domain.policy import DEFAULT_BANDS, Policy, decide
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context
from tests.model.comments import ABUSE, KIND, READER_COMMENTS, contexts, is_held


@pytest.fixture(scope="module")
def reader():
    return QuickReader.load()


def test_the_seed_comment_is_held_with_and_without_its_article(reader, seed):
    assert [is_held(reader, seed["comment"]["text"], context) for context in contexts(seed)] == [True] * 3


def test_the_seed_comment_is_held_with_something_to_spare(reader, seed):
    for context in contexts(seed):
        assert reader.read(seed["comment"]["text"], context).scores[TOXICITY] >= 1.3 * DEFAULT_BANDS[TOXICITY].hold


def test_the_seed_comment_is_nearly_always_held_in_disguise(reader, seed):
    text = seed["comment"]["text"]
    disguised = [obfuscate(text, kind, Random(number)) for kind in KINDS for number in range(10)]

    for context in contexts(seed):
        assert sum(is_held(reader, text, context) for text in disguised) >= 0.8 * len(disguised)


@pytest.mark.parametrize("kind", ["look_alikes", "styled_letters", "zero_width", "zalgo", "dotted"])
def test_what_looks_the_same_to_a_person_scores_the_same(reader, seed, kind):
    for text in [seed["comment"]["text"], *ABUSE, *KIND]:
        assert reader.read(obfuscate(text, kind, Random(1))).scores == pytest.approx(reader.read(text).scores, rel=1e-4)


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


@pytest.mark.parametrize("shown", ["nothing", "title", "article"])
def test_the_contributions_and_the_bias_are_the_score(reader, seed, shown):
    context = dict(zip(("article", "title", "nothing"), contexts(seed), strict=True))[shown]
    disguised = [obfuscate(text, kind, Random(kind)) for text in ABUSE for kind in KINDS]

    for text in ["", "?", "🙂", "e", seed["comment"]["text"], *ABUSE, *KIND, *READER_COMMENTS, *disguised]:
        reading = reader.read(text, context)
        for attribute in ATTRIBUTES:
            added = sum(span.contribution for span in reading.spans if span.attribute == attribute)
            logit = reading.bias[attribute] + added + reading.rest[attribute]
            assert 1 / (1 + math.exp(-logit)) == pytest.approx(reading.scores[attribute], rel=1e-4, abs=1e-9)


def test_words_that_the_article_excuses_stand_outside_the_sum(reader, seed):
    article = Context(seed["article"]["title"], seed["article"]["text"])
    text = "They were tortured and executed, and torture was used on thousands of innocent people in the terror."

    alone, under = reader.read(text), reader.read(text, article)
    words = {text[span.start : span.end].lower() for span in under.excused}

    assert "terror" in words
    assert all(word in article.article.lower() for word in words)
    assert all(span.contribution > 0 for span in under.excused)
    assert under.scores[TOXICITY] < alone.scores[TOXICITY]
    assert alone.excused == ()


def test_a_word_aimed_at_somebody_is_not_excused(reader, seed):
    article = Context(seed["article"]["title"], seed["article"]["text"])
    text = "Your torture, your terror, you idiot!"

    assert reader.read(text, article).excused == ()
    assert reader.read(text, article).scores == reader.read(text).scores
    assert is_held(reader, text, article)


def test_an_empty_text_gets_the_bias_alone(reader):
    reading = reader.read("")

    assert reading.spans == ()
    assert set(reading.rest.values()) == {0.0}
    assert reading.scores[TOXICITY] == pytest.approx(1 / (1 + math.exp(-reading.bias[TOXICITY])), rel=1e-5)
    assert not is_held(reader, "")


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
