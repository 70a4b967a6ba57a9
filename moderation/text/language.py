"""Recognises a comment in a language that the site does not support, and stays silent when in doubt."""

import re
from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import Any

# Measured on natural English comments and on two-sentence comments in 13 languages, see the tests.
MIN_LETTERS = 25
MIN_WORDS = 4
MIN_CONFIDENCE = 0.8
MIN_GUESS = 0.5  # among the languages of one script, below it the likeliest is named
MAX_SUPPORTED = 0.05  # what the supported languages together may still be worth

# The languages the detector may choose from: the written-down ones that are told apart well. Rare neighbours
# (Pidgin, Scots, Latin, ...) would win short, informal English.
_CODES = (
    "af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk "
    "kn ko lt lv mk ml mr ms my ne nl no pa pl pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh"
)
_CANDIDATES = frozenset(_CODES.split())
_OTHER_NAMES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh", "yue": "zh"}
_ALIKE = ({"bs", "hr", "sr"}, {"id", "ms"})  # written nearly the same: supporting one is supporting all

_NOISE = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@\S+|[@#]\w+|<[^<>]{1,200}>|&\w{2,6};|\[/?\w{1,10}[^\[\]]{0,200}\]"
)
_PRIMARY = re.compile(r"[a-z]{2,3}")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOT_LATIN = re.compile(
    r"[\u0370-\u1dff\u1f00-\u1fff\u2e80-\ud7ff\uf900-\ufaff\ufb1d-\ufdff\ufe70-\ufefc\uff66-\uffdc]"
)

# Script: its characters, and the languages written in it, the likeliest first.
_SCRIPTS = {
    "Cyrillic": ("\u0400-\u052f", "ru uk bg sr be mk kk ky mn tg tt ba uz"),
    "Arabic": ("\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc", "ar fa ur ps ug ku sd"),
    "Kana": ("\u3041-\u3096\u30a1-\u30fa\u30fc\uff66-\uff9d", "ja"),
    "Han": ("\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff", "zh ja"),
    "Hangul": ("\u1100-\u11ff\u3131-\u318e\uac00-\ud7af", "ko"),
    "Greek": ("\u0370-\u03ff\u1f00-\u1fff", "el"),
    "Hebrew": ("\u05d0-\u05f4\ufb1d-\ufb4f", "he yi"),
    "Devanagari": ("\u0900-\u097f", "hi mr ne sa"),
    "Bengali": ("\u0980-\u09ff", "bn as"),
    "Gurmukhi": ("\u0a00-\u0a7f", "pa"),
    "Gujarati": ("\u0a80-\u0aff", "gu"),
    "Oriya": ("\u0b00-\u0b7f", "or"),
    "Tamil": ("\u0b80-\u0bff", "ta"),
    "Telugu": ("\u0c00-\u0c7f", "te"),
    "Kannada": ("\u0c80-\u0cff", "kn"),
    "Malayalam": ("\u0d00-\u0d7f", "ml"),
    "Sinhala": ("\u0d80-\u0dff", "si"),
    "Thai": ("\u0e01-\u0e4e", "th"),
    "Lao": ("\u0e81-\u0eae", "lo"),
    "Tibetan": ("\u0f00-\u0fff", "bo dz"),
    "Burmese": ("\u1000-\u109f", "my"),
    "Georgian": ("\u10a0-\u10ff", "ka"),
    "Armenian": ("\u0531-\u0587", "hy"),
    "Ethiopic": ("\u1200-\u137f", "am ti"),
    "Khmer": ("\u1780-\u17ff", "km"),
}
_RUNS = {name: re.compile(f"[{characters}]+") for name, (characters, _) in _SCRIPTS.items()}
_LANGUAGES = {name: languages.split() for name, (_, languages) in _SCRIPTS.items()}

_loading = Lock()


def unsupported_language(text: str, supported: tuple[str, ...]) -> str | None:
    """The ISO 639-1 code of *text*'s language if that is surely none of *supported*, else None."""
    readable = _readable(supported)
    if not readable:
        return None
    text = _NOISE.sub(" ", text)
    if _NOT_LATIN.search(text) and (script := _foreign_script(text, readable)):
        return _guess(text, _LANGUAGES[script])
    return _by_statistics(text, readable)


def is_supported(code: str, supported: Iterable[str]) -> bool:
    """Whether a declared *code* ("en-US") is among *supported*, by its first part."""
    return primary(code) in _readable(tuple(supported))


def primary(code: str) -> str:
    """The language of a tag: "en" of "en-US", "EN" or "en_GB.UTF-8"; "und" if it is no tag at all."""
    first = re.split(r"[-_.]", code.strip().lower(), maxsplit=1)[0]
    return _OTHER_NAMES.get(first, first) if _PRIMARY.fullmatch(first) else "und"


def load() -> None:
    """Loads the detector now (half a second), so that no comment has to wait for it."""
    _detector()


@cache
def _readable(supported: tuple[str, ...]) -> frozenset[str]:
    codes = {primary(code) for code in supported}
    return frozenset(codes.union(*(group for group in _ALIKE if group & codes)))


def _foreign_script(text: str, readable: frozenset[str]) -> str | None:
    """The script that no supported language uses and that most of the letters are in.

    Two letters in a row are needed: "¯\\_(ツ)_/¯" and "ಠ_ಠ" are faces.
    """
    letters = len(_LETTER.findall(text))
    foreign, best, most = 0, None, 0
    for name, runs in _RUNS.items():
        lengths = [len(run) for run in runs.findall(text)]
        if not lengths or not readable.isdisjoint(_LANGUAGES[name]):
            continue
        foreign += sum(lengths)
        if max(lengths) > 1 and sum(lengths) > most:
            best, most = name, sum(lengths)
    return best if foreign * 2 > letters else None


def _guess(text: str, languages: list[str]) -> str:
    if len(languages) == 1:
        return languages[0]
    code, confidence = _detector().classify(text)
    return str(code) if code in languages and confidence >= MIN_GUESS else languages[0]


def _by_statistics(text: str, readable: frozenset[str]) -> str | None:
    if not readable.issubset(_CANDIDATES):
        return None  # the detector does not know a supported language, and would take it for another
    if len(_LETTER.findall(text)) < MIN_LETTERS or not _has_words(text):
        return None
    code, confidence = _detector().classify(text)
    if confidence < MIN_CONFIDENCE or code in readable:
        return None
    likelihood = dict(_detector().rank(text))
    return code if sum(likelihood[other] for other in readable) <= MAX_SUPPORTED else None


def _has_words(text: str) -> bool:
    """Whether there are several different words, unlike a name or laughter, or a script without spaces."""
    words = set(_WORD.findall(text.lower()))
    return len(words) >= MIN_WORDS or any(_RUNS[name].search(text) for name in ("Han", "Kana", "Thai"))


def _detector() -> Any:
    with _loading:
        return _load_detector()


@cache
def _load_detector() -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    # `set_languages` would do the same, but keeps all 142 languages beside ours: 27 MB more.
    weights, priors, codes, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    ours = [column for column, code in enumerate(codes) if code in _CANDIDATES]
    return LanguageIdentifier(
        weights[:, ours],
        priors[ours],
        [codes[column] for column in ours],
        moves,
        features,
        norm_probs=True,
        tk_row=rows,
    )
