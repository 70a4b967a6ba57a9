"""Scores, and contributions that explain them exactly."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier import kernel
from moderation.classifier.features import HashedWords
from moderation.classifier.reader import QuickReader
from moderation.domain.reading import INSULT, TOXICITY, Context
from moderation.text import normalise

RUDE = "Thank you, what a MORON you are, idiot idiot!"
ODD = [
    "",
    " ",
    "a" * 20_480,
    "\x00",
    "\ud800",
    "\u200b\u202e",
    "🤬" * 300,
    "e" + "\u0301" * 5000,
    "a b " * 5000,
    "ﷺ" * 50,
]


ARTICLE = Context(title="The clinic", article="The word idiot is much older than the clinic")


@pytest.fixture(scope="module")
def model(trained):
    """The trained one, with an article that halves the weight of a word."""
    return replace(trained.model, article_factors=np.full(len(trained.model.attributes), 0.5, np.float32))


@pytest.fixture(scope="module")
def reader(model):
    return QuickReader(model)


def logit(chance: float) -> float:
    return math.log(chance / (1 - chance))


def test_scores_are_those_of_the_features_and_weights(reader, model):
    rows = HashedWords(model.n_features, model.damping).transform([RUDE])
    exact = rows @ (model.weights * np.float64(1))[:, : len(model.attributes)] * model.scales + model.biases

    scores = reader.read(RUDE).scores

    assert list(scores) == list(model.attributes)
    assert list(scores.values()) == pytest.approx((1 / (1 + np.exp(-exact[0]))).tolist(), abs=1e-5)


@pytest.mark.parametrize("context", [Context(), ARTICLE], ids=["alone", "article"])
def test_contributions_and_bias_add_up_to_the_logit(reader, context):
    evidence = reader.evidence(RUDE, context)

    assert reader.biases + evidence.contributions.sum(axis=0) == pytest.approx(evidence.logits, abs=1e-4)
    assert len(evidence.contributions) == len(evidence.tokens) == 10


@pytest.mark.parametrize("context", [Context(), ARTICLE], ids=["alone", "article"])
def test_a_reading_adds_up_bias_spans_and_rest(reader, context):
    reading = reader.read(RUDE, context)

    for attribute, score in reading.scores.items():
        spans = sum(span.contribution for span in reading.spans if span.attribute == attribute)
        assert logit(score) == pytest.approx(reading.bias[attribute] + spans + reading.rest[attribute], abs=1e-3)


def test_the_bias_is_what_an_empty_text_gets(reader):
    empty = reader.read("")

    assert {name: logit(score) for name, score in empty.scores.items()} == pytest.approx(dict(empty.bias), abs=1e-4)
    assert empty.spans == empty.excused == ()


def test_spans_are_whole_words_of_the_raw_text(reader):
    text = f"🙂 {RUDE}"
    spans = [span for span in reader.read(text).spans if span.attribute == TOXICITY and span.contribution > 0]

    marked = {text[span.start : span.end] for span in spans}
    assert {"MORON", "idiot"} <= marked
    assert marked <= set(text.replace(",", "").replace("!", " !").split())


def test_only_spans_that_weigh_something_are_kept(reader):
    text = RUDE + " and a lovely photograph of the second garden leaves at nine" * 10
    for attribute in (TOXICITY, INSULT):
        weights = [abs(span.contribution) for span in reader.read(text).spans if span.attribute == attribute]
        assert len(weights) <= 20
        assert min(weights, default=0) >= 0.3 * max(weights, default=0)


def test_spans_can_be_left_out(reader):
    assert reader.read(RUDE, spans=False).spans == ()
    assert reader.read(RUDE, spans=False).scores == reader.read(RUDE).scores


def test_a_word_of_the_article_counts_less_and_is_named(reader):
    told = "in the clinic they said idiot"

    alone, under = reader.read(told), reader.read(told, ARTICLE)

    assert under.scores[TOXICITY] < alone.scores[TOXICITY]
    excused = [span for span in under.excused if span.attribute == TOXICITY]
    assert "idiot" in {told[span.start : span.end] for span in excused}
    assert all(span.contribution > 0 for span in excused)
    assert alone.excused == ()


@pytest.mark.parametrize("aimed", ["an idiot you are", "an idiot, and that is what we should call a 1d1ot"])
def test_a_word_aimed_at_somebody_is_not_excused(reader, aimed):
    marked = {aimed[span.start : span.end] for span in reader.read(aimed, ARTICLE).excused}

    assert aimed.split()[-1] not in marked
    assert "you" not in aimed or reader.read(aimed, ARTICLE).scores == reader.read(aimed).scores


def test_the_title_alone_is_enough(reader):
    told = "in the clinic they said idiot"

    assert reader.read(told, Context(title="An idiot")).scores[TOXICITY] < reader.read(told).scores[TOXICITY]


def test_words_that_every_article_uses_excuse_nothing(reader):
    article = Context(article="They are what you are, and the others too")

    assert reader.read(RUDE, article).scores == reader.read(RUDE).scores


def test_the_parent_does_not_excuse_a_word(reader):
    told = "in the clinic they said idiot"

    assert reader.read(told, Context(parent=told)).scores == reader.read(told).scores


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_read(reader, text):
    reading = reader.read(text, Context(title=text, article=text, parent=text))

    assert all(0 <= score <= 1 for score in reading.scores.values())


@given(st.text(st.characters(codec=None)))
def test_any_text_is_read_with_spans_inside_it(reader, text):
    reading = reader.read(text)

    assert all(0 <= score <= 1 for score in reading.scores.values())
    assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)


def test_many_are_read_as_one_by_one_and_from_several_threads(reader):
    texts = [f"{RUDE} {number}" for number in range(60)]
    contexts = [Context(article=text) for text in texts]
    one_by_one = [reader.read(text, context) for text, context in zip(texts, contexts, strict=True)]

    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(lambda _: reader.read_many(texts, contexts), range(4)))

    assert all(many == one_by_one for many in readings)


def test_a_batch_without_spans_has_the_same_scores_and_order(reader):
    texts = [f"{RUDE} {number}" for number in range(1200)] + ODD
    contexts = [ARTICLE if number % 3 == 0 else Context() for number in range(len(texts))]

    readings = reader.read_many(texts, contexts, spans=False)

    for text, context, reading in list(zip(texts, contexts, readings, strict=True))[::7]:
        assert reading.scores == reader.read(text, context).scores
    assert reader.read_many([]) == reader.read_many([], spans=False) == []


def test_the_first_reading_compiles_nothing(reader):
    compiled = [kernel.explain, kernel.sum_rows, kernel.fill_rows, kernel.heaviest, normalise._normalise_all]

    reader.read(RUDE, ARTICLE)
    reader.read_many([RUDE], spans=False)

    assert all(len(function.signatures) == 1 and not function._can_compile for function in compiled)
