import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.obfuscation import KINDS, obfuscate

SENTENCE = "Your neighbour is a complete muppet, and everybody in this wretched street knows exactly why."
any_text = st.text(st.characters(codec=None, categories=None), max_size=120)
english = st.lists(st.sampled_from(["the", "you", "sofa", "stupid", "Marmalade", "A", "1984", "don't"]), max_size=30)


def test_there_are_fifteen_kinds():
    assert len(set(KINDS)) == 15


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        obfuscate(SENTENCE, "whispered", Random(0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_generator_alone_decides(kind):
    first, again = (obfuscate(SENTENCE, kind, Random(3)) for _ in range(2))

    assert first == again
    assert len({obfuscate(SENTENCE, kind, Random(seed)) for seed in range(30)}) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_half_of_the_longer_words_change_and_the_others_stay(kind):
    words = SENTENCE.split()

    for seed in range(20):
        changed = obfuscate(SENTENCE, kind, Random(seed))
        gone = [word for word in words if word not in changed.split()]
        assert len(gone) == 4 if kind != "glued" else 4 <= len(gone) <= 10
        assert len(SENTENCE) / 2 < len(changed) < len(SENTENCE) * 4


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "glued"])
@pytest.mark.parametrize("text", ["", "you and I", "2026", "что это такое", "does that when they were"])
def test_short_words_and_other_scripts_stay(kind, text):
    assert obfuscate(text, kind, Random(0)) == text


@pytest.mark.parametrize(
    ("kind", "disguised"),
    [
        ("leetspeak", {"muppe7", "mupp3t", "muppe+"}),
        ("spaced", {"m u p p e t"}),
        ("dotted", {"m.u.p.p.e.t", "m-u-p-p-e-t", "m_u_p_p_e_t", "m,u,p,p,e,t", "m/u/p/p/e/t"}),
        ("asterisks", {"m*ppet", "m#ppet", "mupp*t", "mupp#t"}),
        ("dropped_vowels", {"mppet", "muppt"}),
        ("swapped", {"mpupet", "mupept"}),
        ("split", {"mu ppet", "mup pet", "mupp et"}),
        ("phonetic", {"mooppet"}),
    ],
)
def test_one_word_is_disguised_in_a_way_that_people_know(kind, disguised):
    assert {obfuscate("muppet", kind, Random(seed)) for seed in range(50)} == disguised


@pytest.mark.parametrize("kind", ["styled_letters", "zero_width", "zalgo"])
def test_the_letters_are_still_there(kind):
    for seed in range(50):
        changed = unicodedata.normalize("NFKC", obfuscate("Muppet", kind, Random(seed)))
        letters = "".join(char for char in unicodedata.normalize("NFD", changed) if char.isascii())
        assert letters == "Muppet"


def test_look_alikes_come_from_other_alphabets():
    changed = obfuscate("muppet", "look_alikes", Random(0))

    assert len(changed) == 6
    assert sum(not char.isascii() for char in changed) == 3


def test_glued_takes_the_space_before_a_longer_word():
    assert obfuscate("you are a muppet", "glued", Random(0)) == "you are amuppet"
    assert obfuscate("it is so", "glued", Random(0)) == "it is so"


@given(any_text | english.map(" ".join), st.sampled_from(KINDS), st.integers(0, 1000))
def test_any_text_can_be_disguised(text, kind, seed):
    changed = obfuscate(text, kind, Random(seed))

    assert len(changed) <= 6 * len(text)
    assert changed == obfuscate(text, kind, Random(seed))


@given(english.map(" ".join), st.sampled_from(KINDS), st.integers(0, 1000))
def test_at_least_one_longer_word_changes_where_there_is_one(words, kind, seed):
    words = f"a {words} stupid fellow"

    assert obfuscate(words, kind, Random(seed)) != words
