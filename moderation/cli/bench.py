"""`bench`: how fast this machine reads comments, by each reader and by its peers, in one run."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from moderation.classifier.reader import QuickReader
from moderation.cli.bench_cascade import on_made_up, on_natural_rows
from moderation.cli.bench_peers import Score, bert_base, sklearn_tfidf
from moderation.cli.readers import load_both, plain_errors
from moderation.domain.reading import Context

if TYPE_CHECKING:  # brings onnxruntime, which the quick reader does without
    from moderation.classifier.both import BothReaders

LENGTH, TOKENS = 400, 40  # characters and tokens of a comment, as in the budgets
_BATCH, _SINGLE = 5_000, 1_000  # of the quick reader
_SLOW_BATCH, _SLOW_SINGLE = 200, 300  # of the careful one
_PEER_BATCH, _PEER_SINGLE = 500, 100
_BERT_BATCH, _BERT_SINGLE = 16, 30
_WARMING = 100
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
Result = dict[str, dict[str, Any]]


@click.command(epilog="Example: moderation bench --json")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--peer-free", is_flag=True, help="Leave scikit-learn's pipeline out.")
@click.option("--peer", is_flag=True, help="Also measure a network of BERT's base size; needs the extra `train`.")
@click.option(
    "--data", "data_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The training file: time the cascade on its natural held-back comments.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Of the made-up comments.")
def bench(as_json: bool, peer_free: bool, peer: bool, data_file: Path | None, seed: int) -> None:
    """Measure on one core how many comments each reader reads a second, and how long one takes.

    The comments are made up of common words, 400 characters each. In batch all attributes are scored; a single
    one is also explained by the quick reader. For the careful reader and for BERT a single one has 40 tokens.
    The cascade is the mean of a comment where the careful reader is asked only if it could change the decision:
    the share asked is the one in the careful reader's metrics.json, or is counted on the comments of --data.
    Beside them stands scikit-learn's TF-IDF of words and characters with a linear model.
    """
    with plain_errors(), _one_core():
        long, short = comments(max(_BATCH, _SINGLE), Random(seed)), short_comments(_SLOW_SINGLE, Random(seed))
        quick = QuickReader.load()
        result: Result = {
            "quick": _measure(
                lambda some: quick.read_many(some, spans=False), quick.read, long[:_BATCH], long[:_SINGLE]
            )
        }
        both = load_both(threads=1)
        if both is not None:
            result |= _careful(both, long, short, data_file)
        if not peer_free:
            score = sklearn_tfidf(long)
            result["sklearn_tfidf"] = _measure(score, _one(score), long[:_PEER_BATCH], long[:_PEER_SINGLE])
        if peer:
            score = bert_base()
            result["bert_base"] = _measure(score, _one(score), long[:_BERT_BATCH], short[:_BERT_SINGLE])
        if not peer_free:
            result["ratio"] = _ratio(result["quick"], result["sklearn_tfidf"])
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))


def _careful(both: "BothReaders", long: list[str], short: list[str], data_file: Path | None) -> Result:
    careful, context = both.careful, Context()

    def read_many(some: Sequence[str]) -> object:
        return [careful.read(text, context) for text in some]

    found: Result = {"careful": _measure(read_many, careful.read, long[:_SLOW_BATCH], short)}
    cascade = on_made_up(both, long[:_SLOW_BATCH]) if data_file is None else on_natural_rows(both, data_file)
    return found | ({"cascade": cascade} if cascade else {})


def _one(score: Score) -> Callable[[str], object]:
    return lambda text: score([text])


def comments(number: int, random: Random) -> list[str]:
    """Made-up comments of 400 characters: sentences of common words."""
    return [_comment(random) for _ in range(number)]


def _comment(random: Random) -> str:
    text = ""
    while len(text) < LENGTH:
        sentence = " ".join(random.choices(_WORDS, k=random.randint(4, 14)))
        text += sentence.capitalize() + random.choice((". ", ", ", "! ", "? ", ".\n"))
    return text[:LENGTH]


def short_comments(number: int, random: Random) -> list[str]:
    """Made-up comments of 40 tokens: 38 common words, and what the network puts around them."""
    return [" ".join(random.choices(_WORDS, k=TOKENS - 2)) for _ in range(number)]


def _measure(
    many: Callable[[Sequence[str]], object], one: Callable[[str], object], batch: list[str], singles: list[str]
) -> Figures:
    many(batch[:_WARMING])
    best = min(_seconds(lambda: many(batch)) for _ in range(_ROUNDS))
    one(singles[0])
    each = [_seconds(lambda text=text: one(text)) for text in singles]  # type: ignore[misc]  # bound per loop
    return {
        "batch_per_second": round(len(batch) / best, 1),
        "single_ms_median": round(float(np.median(each)) * 1000, 4),
        "single_ms_p99": round(float(np.quantile(each, 0.99)) * 1000, 4),
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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


def _table(result: Result) -> str:
    lines = [f"{'':<16}{'batch, a second':>16}{'one, median':>14}{'one, 99 %':>12}"]
    for name, figures in result.items():
        if name == "cascade":
            continue
        batch, median, p99 = figures.values()
        if name == "ratio":
            lines.append(f"{'times faster':<16}{batch:>16,.1f}{median:>14,.1f}{p99:>12,.1f}")
        else:
            lines.append(f"{name:<16}{batch:>16,.0f}{median:>11.3f} ms{p99:>9.3f} ms")
    if "careful" not in result:
        return "\n".join(lines)
    lines.append(f"One comment of `careful` and `bert_base` has {TOKENS} tokens; all others have {LENGTH} characters.")
    return "\n".join([*lines, *_cascade_lines(result.get("cascade"))])


def _cascade_lines(cascade: dict[str, Any] | None) -> list[str]:
    if cascade is None:
        return ["cascade: the careful reader has no metrics.json; name the training file with --data."]
    decision, score = ("ms_mean", "asked"), ("scores_ms_mean", "asked_for_scores")
    asked = [
        f"cascade, for a {what:<9}{cascade[ms]:.3f} ms a comment, the careful reader asked for {cascade[share]:.1%}"
        for what, (ms, share) in (("decision", decision), ("score", score))
    ]
    always = f"cascade, always asking: {cascade['always_ms_mean']:.3f} ms a comment"
    return [*asked, always, f"Shares: {cascade['share_from']}."]
