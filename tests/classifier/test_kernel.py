"""The compiled loops against the same rules written once more in plain Python and scikit-learn."""

import re
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from moderation.classifier.artifact import compact
from moderation.classifier.emoji import WORDS
from moderation.classifier.features import HashedWords
from moderation.classifier.identities import naming_words
from moderation.classifier.kernel import heaviest
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.reader import QuickReader
from moderation.cli.bench import comments
from moderation.domain.reading import ATTRIBUTES
from moderation.text.letters import BANG, DIGIT, LETTER, SYMBOL, UNSPACED, tables
from moderation.text.normalise import normalise

N_FEATURES = 2**14
HALF = N_FEATURES // 2
ALL_64 = 2**64 - 1
SEED, STEP, MIX = 0xCBF29CE484222325, 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
LETTERS, SOUNDS = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB
GROUP = 0x5851F42D4C957F2D
NAMING = set(naming_words())

TEXTS = [
    "",
    " ",
    "a",
    "You are an IDIOT, what a m0r0n 😀 s.t.u.p.i.d! and again: you idiot...",
    "f**k that $hit!!! don't",
    "你真是个笨蛋啊 this 🖕🖕 and 🖕",
    "Привет, как дела? Ты дурак",
    "हिन्दी में बात ก็ไม่รู้",
    "x" * 300,
    "== Heading == {{template|name=value}} 50% & more ~~~~",
    "ﷺ ½ ﬁne",
    "My gay Muslim friend's 🖕 black🖕 friends, Muslim's gay gay women",
]

texts = st.one_of(
    st.text(st.characters(codec=None)),
    st.text("aeioubdfgknst '*!$@#.😀🖕你", max_size=60),
    st.lists(st.sampled_from(["gay", "old", "muslim's", "🖕", "the", "!", "people", "jew", "'"]), max_size=9).map(
        " ".join
    ),
)


def twin_columns(text: str) -> list[int]:
    """The columns of all features, by the rules of the kernel's docstrings."""
    text = normalise(text).text
    columns: list[int] = []
    before = grouped = None
    for word, kind in twin_words(text):
        letters = WORDS.get(word[0], word[:2]) if kind in (SYMBOL, BANG) else word[:40]
        whole = continued(SEED, letters)
        columns.append(column(whole))
        names = letters.replace("'", "") in NAMING
        if before is not None:
            columns.append(column(continued(before, letters)))
            columns.append(column(stepped(grouped, [GROUP]) if names else continued(grouped, letters)))
        before, grouped = whole, GROUP if names else whole
        if names:
            columns.append(column(GROUP))
        elif kind in (LETTER, DIGIT):
            if len(letters) >= 4:
                columns += [column(shuffled(letters)), column(sounds(letters))]
            padded = f" {letters} "
            for size in (3, 4, 5):
                for at in range(len(padded) - size + 1):
                    columns.append(HALF + column(stepped(SEED, padded[at : at + size])))
    return columns


def twin_words(text: str) -> list[tuple[str, int]]:
    kinds = "".join("SLDUYPB"[kind_of(char)] for char in text)
    found = []
    pattern = re.compile(r"[LD]|U|Y|B+")
    at = 0
    while match := pattern.search(kinds, at):
        start, end = match.span()
        if match.group() in "LD":
            end = start + word_length(text, kinds, start)
        elif match.group() == "Y":
            end = start + len(re.match(re.escape(text[start]) + "+", text[start:]).group())
        found.append((text[start:end], kind_of(text[start])))
        at = end
    return found


def word_length(text: str, kinds: str, start: int) -> int:
    end = start
    while run := re.compile(r"[LD]+").match(kinds, end):
        end = run.end()
        signs = re.compile(r"['*@$#!]+").match(text, end)
        if not signs or signs.end() == len(text) or kinds[signs.end()] not in "LD":
            break
        end = signs.end()
    return re.compile(r"\*{0,3}").match(text, end).end() - start


def kind_of(char: str) -> int:
    code = ord(char)
    if code < len(tables().kinds):
        return int(tables().kinds[code])
    return UNSPACED if code < 0x40000 else SYMBOL


def stepped(state: int, letters: str | list[int]) -> int:
    for letter in letters:
        state = (state ^ (ord(letter) if isinstance(letter, str) else letter)) * STEP & ALL_64
        state ^= state >> 32
    return state


def continued(state: int, letters: str) -> int:
    return stepped(state, letters.replace("'", ""))


def column(state: int) -> int:
    return ((state * MIX & ALL_64) >> 32) * HALF >> 32


def shuffled(word: str) -> int:
    inner = 0
    for letter in word[1:-1]:
        mixed = (ord(letter) ^ LETTERS) * STEP & ALL_64
        inner = inner + (mixed ^ mixed >> 32) & ALL_64
    state = (inner ^ ord(word[0])) * STEP & ALL_64
    state = (state ^ state >> 32 ^ ord(word[-1])) * STEP & ALL_64
    return state ^ state >> 32


def sounds(word: str) -> int:
    rest = re.sub(r"(?<=.)[aeiouy'*!@$]", "", word.replace("ph", "F"), flags=re.DOTALL)
    spoken = rest.translate(str.maketrans("cqzF", "kksf"))
    return stepped(SOUNDS, re.sub(r"(.)\1+", r"\1", spoken, flags=re.DOTALL))


def twin_rows(some: list[str]):
    """scikit-learn's way: count, keep presence, and bring each half of a row to norm 1."""
    counted = CountVectorizer(analyzer=twin_columns, vocabulary=range(N_FEATURES), binary=True).transform(some)
    words, chars = (normalize(part.astype(np.float64)) for part in (counted[:, :HALF], counted[:, HALF:]))
    return words.toarray(), chars.toarray()


@pytest.fixture(scope="module")
def model():
    random = np.random.default_rng(3)
    weights = random.standard_normal((N_FEATURES, len(ATTRIBUTES)))
    return compact(ATTRIBUTES, weights, random.standard_normal(len(ATTRIBUTES)))


def assert_same_rows(some: list[str]) -> None:
    rows = HashedWords(N_FEATURES).transform(some).toarray()

    assert np.allclose(rows, np.hstack(twin_rows(some)), atol=1e-6)


def test_columns_and_values_are_those_of_the_twin():
    assert_same_rows(TEXTS)


@given(texts)
def test_columns_and_values_of_any_text_are_those_of_the_twin(text):
    assert_same_rows([text])


@pytest.mark.parametrize("kind", KINDS)
def test_disguised_texts_have_the_columns_of_the_twin(kind, random_comments):
    assert_same_rows([obfuscate(text, kind, Random(1)) for text in random_comments])


@pytest.fixture(scope="module")
def random_comments():
    return comments(20, Random(5))


def test_scores_are_those_of_scikit_learns_regressions(model, random_comments):
    some = TEXTS + random_comments
    rows = np.hstack(twin_rows(some))

    scores = [list(reading.scores.values()) for reading in QuickReader(model).read_many(some, spans=False)]

    for index in range(len(ATTRIBUTES)):
        regression = LogisticRegression()
        regression.classes_ = np.array([0, 1])
        regression.coef_ = (model.weights[:, index] * np.float64(model.scales[index]))[None, :]
        regression.intercept_ = model.biases[index : index + 1].astype(np.float64)
        assert np.array(scores)[:, index] == pytest.approx(regression.predict_proba(rows)[:, 1], abs=1e-5)


def test_heaviest_are_chosen_by_weight_of_either_sign():
    added = np.zeros((5, 8), dtype=np.float32)
    added[:, 2] = [0.1, -2.0, 0.5, 1.0, 0.7]
    chosen = np.empty(3, dtype=np.int64)

    assert chosen[: heaviest(added, 5, 2, 0.3, chosen)].tolist() == [1, 3, 4]
    assert chosen[: heaviest(added, 5, 2, 0.4, chosen)].tolist() == [1, 3]
    assert heaviest(added, 5, 0, 0.3, chosen) == 0
