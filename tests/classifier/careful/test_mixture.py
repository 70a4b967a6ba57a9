"""What a round of the careful reader's training is made of."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from moderation.classifier.careful.mixture import DISGUISES, Mixture, Recipe, label_rows
from moderation.classifier.data import is_held_back
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.domain.reading import ATTRIBUTES, IDENTITY_ATTACK, INSULT, TOXICITY, Context
from moderation.text.normalise import normalise
from tests.classifier.conftest import made_up

PLAIN = Recipe(examples=False, disguises=False, contexts=False)


@pytest.fixture(scope="module")
def data():
    """Comments long enough to be quoted from; every tenth or so is held back."""
    found = made_up()
    return replace(found, texts=[f"This was said on day {at}. {text} is all." for at, text in enumerate(found.texts)])


def mixture(data, recipe, seed=0):
    return Mixture(data, ATTRIBUTES, recipe, seed)


def test_a_plain_round_holds_every_row_that_is_not_held_back_once_with_its_labels(data):
    drawn = list(mixture(data, PLAIN).round())

    kept = [at for at, text in enumerate(data.texts) if not is_held_back(text)]
    assert sorted(example.text for example in drawn) == sorted(data.texts[at] for at in kept)
    assert {example.context for example in drawn} == {Context()}
    of_text = {text: at for at, text in enumerate(data.texts)}
    for example in drawn:
        for name, label in zip(ATTRIBUTES, example.labels, strict=True):
            assert label == pytest.approx(data.labels[name][of_text[example.text]], nan_ok=True)


def test_nothing_that_is_held_back_is_read_whatever_is_made_of_it(data):
    held_back = {text for text in data.texts if is_held_back(text)}

    for example in mixture(data, replace(PLAIN, contexts=True)).round():
        seen = f"{example.context.title} {example.context.parent} {example.context.article} {example.text}"
        assert example.text not in held_back
        assert not any(text in seen for text in held_back)


def test_an_order_is_drawn_and_the_same_seed_draws_the_same(data):
    whole = Recipe(rows=100)
    first, second, other = (list(mixture(data, whole, seed).round()) for seed in (1, 1, 2))

    def without_nan(examples):
        return [(example.text, example.context, str(example.labels)) for example in examples]

    assert without_nan(first) == without_nan(second) != without_nan(other)


def test_fewer_rows_are_drawn_of_the_file_and_all_of_our_own(data):
    few = list(mixture(data, replace(PLAIN, rows=50)).round())
    with_ours = list(mixture(data, replace(PLAIN, rows=50, examples=True)).round())

    assert len(few) == 50
    assert len(with_ours) > 1_000


def test_some_rows_are_disguised(data):
    drawn = list(mixture(data, replace(PLAIN, disguises=True)).round())

    changed = sum(example.text not in data.texts for example in drawn) / len(drawn)
    assert 0.2 < changed < 0.5


def test_what_the_normaliser_undoes_is_no_disguise_for_the_network():
    text = "Nobody believes those pathetic strangers anymore"
    plain = normalise(text).text
    undone = {kind for kind in KINDS if normalise(obfuscate(text, kind, Random(1), share=1.0)).text == plain}

    assert undone == set(KINDS) - set(DISGUISES)


def test_some_rows_are_read_beside_something_and_keep_their_labels(data):
    drawn = list(mixture(data, replace(PLAIN, contexts=True)).round())

    beside = [example for example in drawn if example.context != Context()]
    assert 0.15 < len(beside) / len(drawn) < 0.45
    assert any(example.context.title for example in beside)
    assert any(example.context.parent for example in beside)
    column = ATTRIBUTES.index(TOXICITY)
    rude = dict(zip(data.texts, data.labels[TOXICITY], strict=True))
    whole = [example for example in beside if example.text in rude]
    assert all(example.labels[column] == rude[example.text] for example in whole)


def test_an_innocent_comment_may_quote_its_article(data):
    made = mixture(data, replace(PLAIN, contexts=True))
    innocent = made._innocent[0]

    quoting = [made._quoting(innocent) for _ in range(20)]

    assert all(any(part in example.context.article for part in example.text.split(". ")) for example in quoting)
    assert all(example.labels is innocent.labels for example in quoting)


def test_our_articles_come_whole_by_title_and_not_at_all_with_abuse_held_apart(data):
    drawn = list(mixture(data, replace(PLAIN, examples=True, contexts=True, rows=1)).round())

    whole = [example for example in drawn if example.context.article and example.context.title]
    toxicity = np.array([example.labels[ATTRIBUTES.index(TOXICITY)] for example in whole])
    assert (toxicity < 0.5).sum() > 100
    assert (toxicity >= 0.5).sum() > 20


def test_labels_that_nobody_was_asked_for_stay_empty(data):
    drawn = list(mixture(data, PLAIN).round())

    labels = label_rows(drawn)
    assert labels.shape == (len(drawn), len(ATTRIBUTES))
    assert np.isnan(labels[:, ATTRIBUTES.index(IDENTITY_ATTACK)]).all()
    assert 0 < np.isnan(labels[:, ATTRIBUTES.index(INSULT)]).mean() < 1
