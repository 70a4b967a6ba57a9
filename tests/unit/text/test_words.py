import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.normalise import normalise
from moderation.text.words import find_words

any_text = st.text(st.characters(codec=None, categories=None), max_size=100)


def found(text, *words):
    return [(match.word, text[match.start : match.end]) for match in find_words(normalise(text), words)]


@pytest.mark.parametrize(
    ("word", "text", "covered"),
    [
        ("cialis", "Buy CIALIS now", "CIALIS"),
        ("cialis", "cialis", "cialis"),
        ("idiot", "what an idiot!", "idiot"),
        ("idiot", "_idiot_ (idiot2)", "idiot"),
        ("idiot", "the idiot's work", "idiot"),
        ("Idiot", "id\u200biot", "id\u200biot"),
        ("débile", "quel DEBILE", "DEBILE"),
        ("debile", "quel débile", "débile"),
        ("scheiße", "so eine SCHEISSE", "SCHEISSE"),
        ("white trash", "pure White \n\t trash.", "White \n\t trash"),
        ("white trash", "white\u00a0trash", "white\u00a0trash"),
        ("c++", "I write C++.", "C++"),
        ("f*ck", "what the f*ck?", "f*ck"),
        ("a.b", "a.b", "a.b"),
        ("don't", "Don’t", "Don’t"),
        ("💩", "you 💩💩", "💩"),
        ("👍", "👍🏿", "👍🏿"),
        ("idiot", "you 1d1ot!", "1d1ot"),
        ("idiot", "you i.d.i.o.t.", "i.d.i.o.t"),
        ("idiot", "i d i o t", "i d i o t"),
        ("idiot", "an іdіоt here", "іdіоt"),
        ("idiot", "IDIOOOOOT", "IDIOOOOOT"),
        ("1d1ot", "an idiot", "idiot"),
        ("ass", "you assssss", "assssss"),
        ("ass", "such an @ss", "@ss"),
        ("shit", "$hit", "$hit"),
        ("f*ck", "f#ck", "f#ck"),
        ("хер", "ты хер", "хер"),
        ("хер", "you are a хер", "хер"),
        ("u.s.a", "in the U.S.A.", "U.S.A"),
        ("笨蛋", "你真是个笨蛋啊", "笨蛋"),
        ("ばか", "おまえはばかだ", "ばか"),
        ("idiot", "这个idiot真是", "idiot"),
        ("कम", "बहुत कम है", "कम"),
        ("дурак", "Ты ДУРАК!", "ДУРАК"),
        ("바보", "이 바보 야", "바보"),
    ],
)
def test_listed_word_is_found(word, text, covered):
    assert found(text, word) == [(word, covered)]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("cialis", "a specialist, the specialised socialist"),
        ("dress", "Andressa dressed and addressed it"),
        ("ass", "class assassin bass passing assume"),
        ("cunt", "Scunthorpe"),
        ("cunt", "Scunnnnthorpe"),
        ("god", "good"),
        ("ass", "@sarah as"),
        ("bob", "boob"),
        ("hell", "Shell, hello, Michelle"),
        ("tit", "title, Titanic, constitution"),
        ("cum", "document, cumin, circumstance"),
        ("sex", "Essex, Sussex, sextant"),
        ("nig", "night, benign"),
        ("white trash", "white, trash"),
        ("white trash", "whitetrash"),
        ("white trash", "white trashcan"),
        ("white trash", "off-white and trash"),
        ("c++", "c + +"),
        ("c++", "objc++"),
        ("f*ck", "f * ck"),
        ("कम", "कमल कमी"),
        ("дура", "дурак"),
        ("笨蛋", "笨 蛋"),
        ("idiot", ""),
        ("", "anything"),
        (" \n", "any thing"),
        ("\u200b", "any\u200bthing"),
    ],
)
def test_part_of_another_word_is_not_found(word, text):
    assert found(text, word) == []


def test_each_word_is_found_once_in_the_order_of_the_text():
    text = "bad worse bad worst BAD"

    assert found(text, "worst", "bad", "worse", "none") == [
        ("bad", "bad"),
        ("worse", "worse"),
        ("worst", "worst"),
    ]


def test_entries_that_differ_in_case_only_are_both_reported():
    assert found("IDIOT", "idiot", "Idiot") == [("idiot", "IDIOT"), ("Idiot", "IDIOT")]


def test_phrases_with_the_same_beginning_are_told_apart():
    assert found("go to hell now", "go to", "go to hell", "go to town") == [
        ("go to", "go to"),
        ("go to hell", "go to hell"),
    ]


def test_thousands_of_words_are_searched_at_once():
    words = tuple(f"word{number}" for number in range(5_000))

    assert found("so word4999 and Word17", *words) == [("word4999", "word4999"), ("word17", "Word17")]


@given(any_text, st.lists(any_text, max_size=5))
def test_matches_always_lie_within_the_raw_text(text, words):
    for match in find_words(normalise(text), tuple(words)):
        assert 0 <= match.start < match.end <= len(text)


@given(any_text)
def test_a_listed_text_is_found_in_itself(text):
    matches = find_words(normalise(text), (text,))

    assert bool(matches) == bool(normalise(text).text.strip())
