"""Words, their places in the raw text, and their hashed features."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.features import HashedWords, pair_ids, tokens, word_ids


def words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World", ["hello", "world"]),
        ("to siberia.they want", ["to", "siberia", "they", "want"]),
        ("don’t", ["don't"]),
        ("f**k that $hit", ["f**k", "that", "$hit"]),
        ("soooooo good", ["soo", "good"]),
        ("no way!!!", ["no", "way", "!!"]),
        ("ok 😀", ["ok", "😀"]),
        ("", []),
    ],
)
def test_words_are_found_and_folded(text, expected):
    assert words(text) == expected


def test_places_are_those_of_the_raw_text():
    text = "Ｗow\u200b, cafe\u0301 ﬁne"

    found = [text[token.start : token.end] for token in tokens(text)]

    assert [piece.strip("\u200b") for piece in found] == ["Ｗow", "cafe\u0301", "ﬁne"]


@given(st.text(st.characters(codec=None)))
def test_no_text_breaks_it_and_places_are_in_order(text):
    found = tokens(text)

    assert all(0 <= token.start < token.end <= len(text) for token in found)
    # One character may be several words (½, ﷺ), so two words may share their place.
    assert all((left.start, left.end) <= (right.start, right.end) for left, right in pairwise(found))


def test_a_row_counts_the_features_of_words_and_pairs():
    row = HashedWords(2**16).transform(["kind words kind words"])

    expected = np.concatenate([*map(word_ids, ["kind", "words"] * 2), pair_ids(["kind", "words"] * 2)])
    columns, counts = np.unique(expected % 2**16, return_counts=True)
    assert row.indices.tolist() == columns.tolist()
    assert row.data.tolist() == counts.tolist()


def test_hashes_stay_the_same_for_ever_because_weights_rely_on_them():
    assert pair_ids(["kind", "words"]).tolist() == [1190570659]
    assert word_ids("ab")[:2].tolist() == [554335725, 1613889079]
