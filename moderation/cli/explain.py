"""`explain`: a text with its words marked, and the sum that makes its score, on a terminal or as JSON."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from moderation.classifier.reader import SPANS_PER_ATTRIBUTE, Evidence
from moderation.cli.default_policy import first_part, verdict
from moderation.cli.readers import load_reader, plain_errors, reader_option
from moderation.cli.rows import STANDARD
from moderation.cli.terminal import encodable, has_styles, short, visible
from moderation.domain.decision import Verdict
from moderation.domain.explain import Word, excused_words, is_estimate, logit, parts_sum, score_without, words
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context, Reading, Span

_NAME_WIDTH = 28
Marked = Callable[[str, float], str]


@dataclass(frozen=True, slots=True)
class _Explained:
    """One text as it was read, and the attribute that is asked about."""

    text: str
    reading: Reading
    attribute: str
    verdict: Verdict

    @property
    def score(self) -> float:
        return self.reading.scores[self.attribute]

    @property
    def logit(self) -> float:
        whole = parts_sum(self.reading, self.attribute)
        return logit(self.score) if whole is None else whole

    @property
    def rest(self) -> float:
        return self.reading.rest.get(self.attribute, 0.0)

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(span for span in self.reading.spans if span.attribute == self.attribute)

    @property
    def excused(self) -> tuple[Span, ...]:
        return tuple(span for span in self.reading.excused if span.attribute == self.attribute)

    def words(self) -> list[Word]:
        return words(self.text, self.spans, self.attribute)

    def without(self, word: Word) -> float | None:
        return score_without(self.reading, self.attribute, word.spans)


@click.command(epilog='Example: moderation explain "You are an idiot" --title "How bees find their way"')
@click.argument("text")
@click.option("--title", default="", metavar="TITLE", help="The article's title.")
@click.option(
    "--article", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the article's text: its words are excused.",
)  # fmt: skip
@click.option("--parent", default="", metavar="TEXT", help="The comment that is answered.")
@click.option(
    "--attribute", type=click.Choice(ATTRIBUTES, case_sensitive=False), default=TOXICITY, show_default=True,
    help="The score to take apart.",
)  # fmt: skip
@reader_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def explain(
    text: str, title: str, article: Path | None, parent: str, attribute: str, reader: str, as_json: bool
) -> None:
    """Show which words of TEXT raise or lower its score, and what the default policy decides.

    TEXT may be - for standard input. Each word adds to the score's logit; with the bias the words make its sum.
    Where both readers read, the score that each would give alone stands above the sum.
    On a terminal, bold underlined words raise and italic words lower; elsewhere, or with NO_COLOR set, the
    numbers stand in brackets.
    """
    text = _standard_input() if text == STANDARD else text
    found = _explained(text, Context(title, _file(article), parent), attribute, reader)
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=1))
        return
    is_styled = has_styles()
    for line in _lines(found, _styled if is_styled else _bracketed):
        click.echo(encodable(line), color=is_styled)


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace").removesuffix("\n")


def _file(path: Path | None) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path else ""


def _explained(text: str, context: Context, attribute: str, name: str) -> _Explained:
    read = first_part(text)
    with plain_errors():
        reader = load_reader(name)
    (reading,) = reader.read_many([read], [context])
    said = verdict(text, reading)
    if not any(span.attribute == attribute for span in reading.spans):
        reading = _with_words(reading, reader.evidence(read, context), attribute)
    return _Explained(read, reading, attribute, said)


def _with_words(reading: Reading, evidence: Evidence, attribute: str) -> Reading:
    """The reading with the heaviest words of an attribute that is too low, or not trusted enough, to have any."""
    column = list(reading.scores).index(attribute)
    weights = evidence.contributions[:, column].tolist()
    spans = [
        Span(token.start, token.end, attribute, weight)
        for token, weight in zip(evidence.tokens, weights, strict=True)
        if weight
    ]
    spans.sort(key=lambda span: -abs(span.contribution))
    shown = spans[:SPANS_PER_ATTRIBUTE]
    rest = reading.rest.get(attribute, 0.0) - sum(span.contribution for span in shown)
    return replace(
        reading,
        spans=(*reading.spans, *shown),
        rest={**reading.rest, attribute: rest} if reading.rest else {},
    )


def _as_json(found: _Explained) -> dict[str, Any]:
    return {
        "model": found.reading.model,
        "careful": found.reading.careful.value,
        "attribute": found.attribute,
        "score": round(found.score, 6),
        "logit": round(found.logit, 6),
        "bias": _rounded(found.reading.bias.get(found.attribute)),
        "rest": round(found.rest, 6),
        "spans": [span.as_list() for span in found.spans],
        "words": [_word_as_json(found, word) for word in found.words()],
        "excused": [span.as_list() for span in found.excused],
        "decision": found.verdict.action.value,
        "reasons": [reason.as_dict() for reason in found.verdict.reasons],
        "scores": _all_rounded(found.reading.scores),
        "apart": {name: _all_rounded(scores) for name, scores in found.reading.apart.items()},
    }


def _all_rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: round(score, 6) for name, score in scores.items()}


def _word_as_json(found: _Explained, word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        "places": [[span.start, span.end] for span in word.spans],
        "contribution": round(word.contribution, 4),
        "score_without": _rounded(found.without(word)),
        "is_estimate": is_estimate(found.reading),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)


def _lines(found: _Explained, marked: Marked) -> Iterator[str]:
    yield from (f"| {line}" for line in _marked_text(found, marked).split("\n"))
    yield ""
    yield f"{found.attribute} {_score(found.score)} by {found.reading.model}"
    if apart := found.reading.apart:
        quick, careful = (_score(apart[name][found.attribute]) for name in ("quick", "careful"))
        yield f"By the words alone: {quick}. By the sentence: {careful}."
    yield from _sum(found)
    if excused := excused_words(found.text, found.excused):
        yield ""
        yield f"Excused by the article: {', '.join(short(word) for word in excused)}"
    yield ""
    yield f"The default policy's decision: {found.verdict.action.value}"
    yield from (f"  {visible(reason.as_dict()['message'])}" for reason in found.verdict.reasons)


def _sum(found: _Explained) -> Iterator[str]:
    """The bias, each word, the rest, and the line under them."""
    bias = found.reading.bias.get(found.attribute)
    if bias is not None:
        yield _row("bias (an empty text)", bias)
    for word in found.words():
        yield from _word_rows(found, word)
    if found.attribute in found.reading.rest:
        yield _row("all other words" if found.spans else "all words together", found.rest)
    if bias is not None:
        yield f"{_row('sum', found.logit)}   the logit of {found.score:.6f}"


def _word_rows(found: _Explained, word: Word) -> Iterator[str]:
    """A line for each place. Of several, one alone left out would change next to nothing: only all are."""
    name = short(word.text)
    without = _without(found, word)
    if len(word.spans) == 1:
        yield _row(name, word.contribution, without)
        return
    yield from (_row(name, span.contribution) for span in word.spans)
    if without:
        yield _row(f"{name}, {word.how_often}", None, without)


def _without(found: _Explained, word: Word) -> str:
    """The score without a word that raises it: exact for the quick reader, about right for the careful one."""
    score = found.without(word) if word.contribution > 0 else None
    if score is None:
        return ""
    return f"   without it {'about ' if is_estimate(found.reading) else ''}{_score(score)}"


def _row(name: str, adds: float | None, without: str = "") -> str:
    number = "" if adds is None else f"{adds:+.3f}"
    return f"  {name:<{_NAME_WIDTH}} {number:>8}{without}"


def _score(score: float) -> str:
    """Two digits that never say that a thing is certain."""
    return f"{score:.2f}" if 0.005 <= score < 0.995 else "over 0.99" if score > 0.5 else "under 0.01"


def _marked_text(found: _Explained, marked: Marked) -> str:
    """The text with each span marked; where spans overlap, the first one in the text."""
    parts, at = [], 0
    for span in sorted(found.spans, key=lambda span: span.start):
        if span.start >= at:
            parts += [visible(found.text[at : span.start]), marked(_word(found.text, span), span.contribution)]
            at = span.end
    return "".join([*parts, visible(found.text[at:])])


def _word(text: str, span: Span) -> str:
    return visible(text[span.start : span.end])


def _styled(word: str, contribution: float) -> str:
    if contribution > 0:
        return click.style(word, fg="red", bold=True, underline=True)
    return click.style(word, fg="green", italic=True)


def _bracketed(word: str, contribution: float) -> str:
    return f"[{'+' if contribution > 0 else '-'}{word} {contribution:+.2f}]"
