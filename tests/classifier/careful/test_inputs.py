"""What the network sees of a comment: every token of it in its place, never too many, and its context behind it."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.careful.inputs import (
    MOST_WINDOWS,
    PARENT,
    SENTENCES,
    TITLE,
    WINDOW,
    nearest,
    sentences_of,
)
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.domain.reading import Context

NOTHING = Context()
LONGEST = WINDOW + TITLE + PARENT + SENTENCES + 3  # and the three signs around and between
PLAIN = "The quick brown fox jumps over the lazy dog while nobody watches."
ARTICLE = " ".join(
    f"Sentence {number} tells of rivers, mills and the miller's {number} daughters." for number in range(900)
)


def sentences(number):
    return [f"Here is sentence {at} about the long road home." for at in range(number)]


def read(text, places):
    return [text[start:end] for start, end in places]


def test_a_short_comment_is_one_window_with_each_token_in_its_place(tokens):
    (window,) = tokens.windows(PLAIN, NOTHING)

    assert read(PLAIN, window.places) == [*PLAIN.removesuffix(".").split(), "."]
    assert len(window.ids) == len(window.places) + 2


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\n\n"])
def test_a_comment_without_a_word_is_one_window_without_a_place(tokens, text):
    (window,) = tokens.windows(text, NOTHING)

    assert window.places == []
    assert len(window.ids) == 2


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("You are 🐍 to me", "🐍"),
        ("so \U0001f469\u200d\U0001f467 sweet", "\U0001f469\u200d"),
        ("an i\u200bdi\u200bot", "i\u200bdi\u200bot"),
        ("an ïdïöt", "ïdïöt"),
        ("an i\u0308dio\u0308t, he said", "i\u0308dio\u0308t"),
        ("an 𝓲𝓭𝓲𝓸𝓽 he is", "𝓲𝓭𝓲𝓸𝓽"),
        ("an іdіоt of sorts", "іdіоt"),
    ],
    ids=["emoji", "joined emoji", "zero width", "accents", "combining", "styled", "look-alikes"],
)
def test_places_are_those_of_the_raw_text(tokens, text, piece):
    (window,) = tokens.windows(text, NOTHING)
    start = text.index(piece)
    inside = [place for place in window.places if start <= place[0] < start + len(piece)]

    assert inside
    assert min(first for first, _ in inside) == start
    assert max(last for _, last in inside) <= start + len(piece)
    assert [place for place in window.places if place[0] < start < place[1]] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_disguise_does_not_move_the_places_out_of_order(tokens, kind):
    for seed in range(5):
        text = obfuscate(PLAIN, kind, Random(seed))
        (window,) = tokens.windows(text, NOTHING)

        starts = [start for start, _ in window.places]
        assert starts == sorted(starts)
        assert all(0 <= start < end <= len(text) for start, end in window.places)
        assert window.places[0][0] == 0


@pytest.mark.parametrize("text", ["\ud800 you idiot", "you \udfff", "\udc00"])
def test_half_a_surrogate_pair_is_read_like_a_gap(tokens, text):
    (window,) = tokens.windows(text, Context(title=text, parent=text, article=text))

    assert set(read(text, window.places)) <= {"you", "idiot"}


def test_a_long_comment_is_covered_by_windows_that_end_with_sentences(tokens):
    parts = sentences(25)
    text = " ".join(parts)
    windows = tokens.windows(text, NOTHING)

    assert 2 <= len(windows) <= MOST_WINDOWS
    covered = [place for window in windows for place in window.places]
    assert "".join(read(text, covered)) == text.replace(" ", "")
    assert all(text[window.places[-1][0]] == "." for window in windows)
    assert all(len(window.places) <= WINDOW for window in windows)


def test_of_a_very_long_comment_the_heaviest_windows_are_read_in_their_order(tokens):
    parts = sentences(120)
    heavy = {30: "first", 60: "second", 100: "third", 115: "fourth"}
    for at, word in heavy.items():
        parts[at] = f"The {word} heavy sentence stands right here."
    text = " ".join(parts)

    windows = tokens.windows(text, NOTHING, lambda start, end: float(text[start:end].count("heavy")))

    seen = [text[window.places[0][0] : window.places[-1][1]] for window in windows]
    assert len(windows) == MOST_WINDOWS
    assert [word for part in seen for word in heavy.values() if f"The {word} heavy" in part] == list(heavy.values())


def test_a_word_of_20_kilobytes_is_read_like_any_other(tokens):
    for text in ("a" * 20_000, "ab" * 10_000, "🙂" * 20_000, "é" * 30_000, "\u0301" * 20_000):
        windows = tokens.windows(text, NOTHING)

        assert 1 <= len(windows) <= MOST_WINDOWS
        assert all(len(window.ids) <= WINDOW + 2 for window in windows)


def test_a_whole_article_takes_no_room_from_the_comment(tokens):
    context = Context("A title " * 60, ARTICLE, "A parent that goes on " * 200)
    alone, beside = tokens.windows(PLAIN, NOTHING), tokens.windows(PLAIN, context)

    assert [window.places for window in beside] == [window.places for window in alone]
    assert beside[0].ids[: len(alone[0].ids)] == alone[0].ids
    assert len(beside[0].ids) <= LONGEST <= 512


def test_context_of_nothing_but_spaces_is_no_context(tokens):
    assert tokens.windows(PLAIN, Context(" ", "  ", "\n")) == tokens.windows(PLAIN, NOTHING)


def test_each_kind_of_context_is_seen(tokens):
    contexts = [NOTHING, Context(title="fox"), Context(parent="fox"), Context(article="The fox is quick.")]

    assert len({tuple(tokens.windows(PLAIN, context)[0].ids) for context in contexts}) == len(contexts)


def test_the_sentences_that_share_most_words_with_the_comment_come_in_the_articles_order():
    article = "The mill burnt down. Nobody was hurt. The miller blamed the fox. It rained. A fox has no matches."

    found = nearest("I do not believe that a fox had matches, says the miller.", sentences_of(article))

    assert found == ["The miller blamed the fox.", "A fox has no matches."]


def test_an_article_that_shares_no_word_is_not_read():
    assert nearest("Hello there", sentences_of("The mill burnt down. Nobody was hurt.")) == []


@settings(deadline=None, max_examples=150)
@given(
    text=st.text(max_size=1_500),
    title=st.text(max_size=300),
    article=st.text(max_size=600),
    parent=st.text(max_size=600),
)
def test_whatever_is_sent_the_windows_fit_and_the_places_lie_in_the_text(tokens, text, title, article, parent):
    windows = tokens.windows(text, Context(title, article, parent))

    assert 1 <= len(windows) <= MOST_WINDOWS
    for window in windows:
        assert len(window.ids) <= LONGEST
        assert len(window.places) <= WINDOW
        assert all(0 <= start <= end <= len(text) for start, end in window.places)
