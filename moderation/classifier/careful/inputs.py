"""What the careful reader sees: the tokens of the normalised comment, and after them those of its context."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from moderation.classifier.careful.spelling import Spelling
from moderation.classifier.emoji import WORDS as EMOJI_WORDS
from moderation.domain.reading import Context
from moderation.text.normalise import Normalised, normalise

WINDOW = 112  # tokens of the comment that are read at once
MOST_WINDOWS = 4  # of a longer comment that are read
TITLE, PARENT, SENTENCES = 20, 40, 56  # tokens of the context, at most
NEAREST = 2  # sentences of the article

_FEWEST = WINDOW // 2  # tokens before a window may end with a sentence
_LONGEST_TEXT = 20_000  # characters that are looked at
_SENTENCE_ENDS = frozenset(".!?\n;")
_SENTENCE = re.compile(r"(?<=[.!?:;])[\"”']?\s+")
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    _WORD.findall(
        "a an the and or but if of to in on at by for with from as is are was were be been being am do does did have "
        "has had not no nor so than that this these those there here it its he she they we i you me him her them us "
        "my his your their our who what which when where why how all any both each more most other some such only "
        "own same too very can will just would could may might into over under again then once about up down out off"
    )
)

Weigh = Callable[[int, int], float]  # how much the raw characters start:end speak against a comment


@dataclass(frozen=True, slots=True)
class Window:
    """One sequence for the network: [CLS] comment [SEP] context [SEP].

    The comment's tokens are `ids[1 : 1 + len(places)]`; places are the raw characters behind each of them.
    """

    ids: list[int]
    places: list[tuple[int, int]]


class Tokens:
    """Cuts texts into the tokens that the network knows; any number of threads may use it.

    With a list of *words* (`spelling.write`), spoilt ones in a comment are read as what was meant.
    """

    def __init__(self, file: Path, words: Path | None = None) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._spelling = Spelling.load(words, self._tokenizer.get_vocab()) if words else None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._first, self._last = (int(self._tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]"))
        self._article = lru_cache(maxsize=64)(sentences_of)

    def windows(self, text: str, context: Context, weigh: Weigh | None = None) -> list[Window]:
        """The comment in one window, or, if it is long, in the MOST_WINDOWS that *weigh* calls heaviest."""
        after = self._context(text, context)
        ids, places = self._comment(text)
        found = [
            Window([self._first, *ids[start:end], self._last, *after], places[start:end])
            for start, end in _cuts(ids, places, text)
        ]
        if len(found) > MOST_WINDOWS:
            chosen = sorted(range(len(found)), key=lambda at: -_weight(found[at], weigh))[:MOST_WINDOWS]
            found = [found[at] for at in sorted(chosen)]
        return found

    def _comment(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        normalised = normalise(text[:_LONGEST_TEXT])
        spelled, origins = _spelled(normalised.text)
        if self._spelling:
            spelled, places_before = self._spelling.respell(spelled)
            origins = [origins[at] for at in places_before]
        encoding = self._tokenizer.encode(spelled, add_special_tokens=False)
        places = [_place(normalised, origins, start, end) for start, end in encoding.offsets]
        return encoding.ids, places

    def _context(self, text: str, context: Context) -> list[int]:
        near = nearest(text, self._article(context.article)) if context.article else []
        parts = (
            ("title", context.title, TITLE),
            ("reply to", context.parent, PARENT),
            ("article", " ".join(near), SENTENCES),
        )
        ids = [token for name, part, most in parts if part.strip() for token in self._part(name, part, most)]
        return [*ids, self._last] if ids else []

    def _part(self, name: str, part: str, most: int) -> list[int]:
        read = _spelled(normalise(part[: most * 12]).text)[0]
        ids: list[int] = self._tokenizer.encode(f"{name}: {read}", add_special_tokens=False).ids
        return ids[:most]


def sentences_of(article: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each sentence of an article with the words that may make it worth reading beside a comment."""
    parts = (part.strip() for part in _SENTENCE.split(article[:100_000]))
    return tuple((part, _words(part)) for part in parts if part)


def nearest(comment: str, sentences: Sequence[tuple[str, frozenset[str]]]) -> list[str]:
    """The sentences that share most words with the comment, in the article's order."""
    said = _words(comment[:_LONGEST_TEXT])
    shares = [(len(said & words) / (len(words) + 4) ** 0.5, -at) for at, (_, words) in enumerate(sentences)]
    best = sorted((share for share in shares if share[0] > 0), reverse=True)[:NEAREST]
    return [sentences[-at][0] for _, at in sorted(best, key=lambda share: -share[1])]


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.lower()) if word not in _COMMON)


def _spelled(text: str) -> tuple[str, Sequence[int]]:
    """The text with emoji as words, and for each of its characters the one it came from."""
    if text.isascii():
        return text, range(len(text))
    parts: list[str] = []
    origins: list[int] = []
    for at, char in enumerate(text):
        kind = unicodedata.category(char)
        # Half a surrogate pair is no character, and the tokenizer refuses a text that holds one.
        part = f" {_emoji(char)} " if kind == "So" else " " if kind == "Cs" else char
        parts.append(part)
        origins += [at] * len(part)
    return "".join(parts), origins


def _emoji(char: str) -> str:
    return EMOJI_WORDS.get(char) or unicodedata.name(char, "").lower().replace("-", " ")


def _place(normalised: Normalised, origins: Sequence[int], start: int, end: int) -> tuple[int, int]:
    return normalised.span(origins[start], origins[end - 1] + 1) if start < end else (0, 0)


def _cuts(ids: list[int], places: list[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Where the windows begin and end: after a sentence, where one ends in their second half."""
    start = 0
    while len(ids) - start > WINDOW:
        end = start + WINDOW
        for at in range(end - 1, start + _FEWEST, -1):
            if text[places[at][0]] in _SENTENCE_ENDS:
                end = at + 1
                break
        yield start, end
        start = end
    yield start, len(ids)


def _weight(window: Window, weigh: Weigh | None) -> float:
    if weigh is None or not window.places:
        return 0.0
    return weigh(window.places[0][0], window.places[-1][1])
