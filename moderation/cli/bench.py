"""`bench`: how fast this machine reads comments, beside scikit-learn's own pipeline in the same run."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

import click
import numpy as np

from moderation.classifier.reader import QuickReader
from moderation.domain.errors import ModerationError

LENGTH = 400  # characters of a comment, as in the budget
_BATCH = 5_000
_PEER_BATCH = 500
_SINGLE = 1_000
_PEER_SINGLE = 100
_ROUNDS = 3  # the best one counts: what else the machine does only ever adds time

_WORDS = str.split(
    "the of and to in is you that it he was for on are as with his they I at be this have from or one had by word "
    "but not what all were we when your can said there use an each which she do how their if will up other about "
    "out many then them these so some her would make like him into time has look two more write go see number no "
    "way could people my than first water been call who oil its now find long down day did get come made may part "
    "history article government because should think really never always against country idea story comment agree "
    "wrong right idiot thanks stupid interesting please explain war children teacher question morning political "
    "nothing everybody source "
)

Figures = dict[str, float]


@click.command(epilog="Example: moderation bench --json")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--peer-free", is_flag=True, help="Leave scikit-learn's pipeline out.")
@click.option("--seed", default=0, show_default=True, help="Of the made-up comments.")
def bench(as_json: bool, peer_free: bool, seed: int) -> None:
    """Measure on one core how many comments the quick reader reads a second, and how long one takes.

    The comments are made up of common words, 400 characters each. In batch all attributes are scored; a single
    one is also explained. Beside it stands scikit-learn's TF-IDF of words and characters with a linear model.
    """
    with _one_core():
        texts = comments(max(_BATCH, _SINGLE), Random(seed))
        try:
            reader = QuickReader.load()
        except ModerationError as error:
            raise click.ClickException(str(error)) from error
        result = {
            "quick": _measure(lambda some: reader.read_many(some, spans=False), reader.read, texts, _BATCH, _SINGLE)
        }
        if not peer_free:
            score = _peer(texts)
            result["sklearn_tfidf"] = _measure(score, lambda text: score([text]), texts, _PEER_BATCH, _PEER_SINGLE)
            result["ratio"] = _ratio(result["quick"], result["sklearn_tfidf"])
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))


def comments(number: int, random: Random) -> list[str]:
    """Made-up comments of 400 characters: sentences of common words."""
    return [_comment(random) for _ in range(number)]


def _comment(random: Random) -> str:
    text = ""
    while len(text) < LENGTH:
        sentence = " ".join(random.choices(_WORDS, k=random.randint(4, 14)))
        text += sentence.capitalize() + random.choice((". ", ", ", "! ", "? ", ".\n"))
    return text[:LENGTH]


def _measure(
    many: Callable[[Sequence[str]], object], one: Callable[[str], object], texts: list[str], batch: int, single: int
) -> Figures:
    many(texts[:100])
    best = min(_seconds(lambda: many(texts[:batch])) for _ in range(_ROUNDS))
    each = [_seconds(lambda text=text: one(text)) for text in texts[:single]]  # type: ignore[misc]  # bound per loop
    return {
        "batch_per_second": round(batch / best, 1),
        "single_ms_median": round(float(np.median(each)) * 1000, 4),
        "single_ms_p99": round(float(np.quantile(each, 0.99)) * 1000, 4),
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peer(texts: list[str]) -> Callable[[Sequence[str]], object]:
    """scikit-learn's words, word pairs and character n-grams by TF-IDF, and a weight for each attribute."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, strip_accents="unicode"),
    ).fit(texts[:2000])
    weights = np.random.default_rng(0).standard_normal((union.transform(texts[:1]).shape[1], 8))

    def score(some: Sequence[str]) -> object:
        return 1 / (1 + np.exp(-(union.transform(some) @ weights)))

    return score


def _ratio(quick: Figures, peer: Figures) -> Figures:
    """How many times faster the quick reader is."""
    return {
        "batch_per_second": round(quick["batch_per_second"] / peer["batch_per_second"], 1),
        "single_ms_median": round(peer["single_ms_median"] / quick["single_ms_median"], 1),
        "single_ms_p99": round(peer["single_ms_p99"] / quick["single_ms_p99"], 1),
    }


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _table(result: dict[str, Figures]) -> str:
    lines = [f"{'':<16}{'batch, a second':>16}{'one, median':>14}{'one, 99 %':>12}"]
    for name, figures in result.items():
        batch, median, p99 = figures.values()
        if name == "ratio":
            lines.append(f"{'times faster':<16}{batch:>16,.1f}{median:>14,.1f}{p99:>12,.1f}")
        else:
            lines.append(f"{name:<16}{batch:>16,.0f}{median:>11.3f} ms{p99:>9.3f} ms")
    return "\n".join(lines)
