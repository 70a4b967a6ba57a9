"""What spoilt words are read as."""

import time
from random import Random

import pytest

from moderation.classifier.careful.inputs import Tokens
from moderation.classifier.careful.reader import TOKENS, WORDS
from moderation.classifier.careful.spelling import Spelling, changed, write
from moderation.domain.reading import Context

COUNTS = {
    "idiot": 900, "moron": 500, "stupid": 1_000, "bitch": 700, "batch": 60, "botched": 12, "asshole": 400, "ass": 900,
    "hole": 300, "you": 9_000, "go": 5_000, "away": 2_000, "the": 30_000, "other": 3_000, "another": 2_500, "an": 9_000,
    "in": 20_000, "side": 700, "inside": 300, "shit": 900, "shut": 400, "summary": 300, "are": 9_000, "fck": 4,
    "hell": 600, "he'll": 50, "rare": 8, "motherfucker": 90, "mill": 40, "as": 9_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def spelling():
    return Spelling(COUNTS, known=("haukur", "stupids"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("stupd moorn", "stupid moron"),  # a vowel dropped, two letters swapped
        ("b*tch", "bitch"),  # the most common word that fits
        ("sh*t", "shit"),
        ("stuupid", "stupid"),
        ("stoopid", "stupid"),  # by its sound
        ("an idi ot", "an idiot"),
        ("you as shole", "you asshole"),
        ("id.iot", "idiot"),
        ("mo~ron", "moron"),
        ("id'iot", "idiot"),
        ("youidiot", "you idiot"),
        ("mtherfuckr", "motherfucker"),
    ],
)
def test_a_spoilt_word_is_read_as_what_was_meant(spelling, written, meant):
    assert spelling.respell(written)[0] == meant


@pytest.mark.parametrize(
    "written",
    [
        "the other side in another batch",  # all known, and not joined: "in side", "an other"
        "an other",
        "in side",
        "ass hole",  # both are common words of their own
        "haukur and the stupids",  # known to the network
        "he'll go",
        "a fck",  # what people often write, the readers have learnt
        "xq",
        "b***",  # too little is left to tell
        "*idiot*",
        "kubernetes",
        "shet and betch",  # a vowel for another one: a name, another language
        "",
        "пример 你好",
    ],
)
def test_other_words_are_left_alone(spelling, written):
    text, places = spelling.respell(written)
    assert text == written
    assert list(places) == list(range(len(written)))


def test_every_letter_says_where_it_stood(spelling):
    written = "go, you id iot, youidiot moorn!"
    text, places = spelling.respell(written)
    assert text == "go, you idiot, you idiot moron!"
    assert len(places) == len(text)
    assert list(places) == sorted(places)
    start = text.index("idiot")
    assert (places[start], places[start + 4]) == (written.index("id iot"), written.index("iot") + 2)
    assert places[-1] == len(written) - 1


def test_a_wall_of_unknown_words_takes_no_time(spelling):
    random = Random(0)
    wall = " ".join("".join(random.choices("abcdeiost*", k=9)) for _ in range(2_000))
    started = time.process_time()
    spelling.respell(wall)
    assert time.process_time() - started < 1


def test_changes_are_counted_as_people_mistype():
    assert changed("moorn", "moron") == 1
    assert changed("stupd", "stupid") == 1
    assert changed("phuk", "fuck") == 3
    assert changed("", "ab") == 2
    assert changed("same", "same") == 0


def test_words_are_counted_once_a_comment_and_rare_ones_left_out(tmp_path):
    write(["Idiot idiot!", "IDIOT", "ıdıot moron", "moron"], tmp_path / WORDS)
    assert (tmp_path / WORDS).read_text() == "idiot\t3\n"
    assert Spelling.load(tmp_path / WORDS).respell("idiot")[0] == "idiot"


def test_a_token_stands_where_the_spoilt_word_stands(careful_directory):
    tokens = Tokens(careful_directory / TOKENS, careful_directory / WORDS)
    plain, spoilt = ("You are an idiot, sir.", "You are an id.iot, sir.")
    (window,) = tokens.windows(spoilt, Context())
    assert window.ids == tokens.windows(plain, Context())[0].ids
    assert (11, 17) in window.places
