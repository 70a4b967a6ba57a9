"""Scores, and contributions that explain them exactly."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.reader import QuickReader
from moderation.domain.reading import INSULT, TOXICITY, Context

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


@pytest.fixture(scope="module")
def reader(trained):
    return QuickReader(trained.model)


def test_scores_are_those_of_the_pipeline_and_its_estimators(reader, trained):
    rows = trained.model.features.transform([RUDE])

    scores = reader.read(RUDE).scores

    for attribute, estimator in trained.model.estimators.items():
        assert scores[attribute] == pytest.approx(estimator.predict_proba(rows)[0, 1], abs=1e-4)


def test_contributions_and_bias_add_up_to_the_logit(reader, trained):
    evidence = reader.evidence(RUDE)

    rows = trained.model.features.transform([RUDE])
    exact = [estimator.decision_function(rows)[0] for estimator in trained.model.estimators.values()]
    assert reader.biases + evidence.contributions.sum(axis=0) == pytest.approx(exact, abs=1e-3)
    assert len(evidence.contributions) == len(evidence.tokens) == 10


def test_contributions_add_up_with_an_article_too(reader):
    context = Context(article="A moron and an idiot walk into a bar")

    evidence = reader.evidence(RUDE, context)

    score = 1 / (1 + np.exp(-(reader.biases + evidence.contributions.sum(axis=0))))
    assert list(reader.read(RUDE, context).scores.values()) == pytest.approx(score.tolist(), abs=1e-5)


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


def test_a_word_of_the_article_counts_less_but_not_when_aimed_at_somebody(reader):
    article = Context(article="The word idiot is much older than the clinic")
    told, aimed = "in the clinic they said idiot", "an idiot you are"

    assert reader.read(told, article).scores[TOXICITY] < reader.read(told).scores[TOXICITY]
    assert reader.read(aimed, article).scores == reader.read(aimed).scores


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
