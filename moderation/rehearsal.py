"""What a change of the policy would have done to the comments of the last weeks; nothing is changed by asking."""

import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from moderation.domain.comment import Action
from moderation.domain.policy import Band, Policy, decide
from moderation.domain.reading import ATTRIBUTES, Reading
from moderation.domain.signals import Signal, SignalCode
from moderation.storage import past
from moderation.storage.engine import Database
from moderation.storage.tables import Site
from moderation.text.normalise import normalise
from moderation.text.words import find_words

_all_scores = itemgetter(*ATTRIBUTES)

WEEKS = 4
MOST_VERDICTS, MOST_TEXTS, MOST_WORDS = 3_000, 2_000, 200
BINS = 50
EXAMPLES, LONGER = 3, 8


Move = tuple[Action, Action]  # from, to
Scores = NDArray[np.float64]  # a row for each comment, a column for each attribute; NaN where there is none


@dataclass(frozen=True, slots=True)
class Effect:
    """How many comments each action would have met, before and after, over so many days.

    `moves` counts the comments that would have met another, `examples` names the newest of each kind;
    `spread` counts scores by attribute in `BINS` equal parts of 0 to 1; `caught` counts those from the edge
    to hold on, and from the edge to reject on.
    """

    comments: int
    days: float
    before: Counter[Action]
    after: Counter[Action]
    moves: Counter[Move]
    examples: dict[Move, list[uuid.UUID]]
    spread: dict[str, list[int]]
    caught: dict[str, tuple[int, int]]

    def a_day(self, action: Action) -> float:
        """How many more a day; fewer are below zero."""
        return (self.after[action] - self.before[action]) / self.days


@dataclass(frozen=True, slots=True)
class Example:
    """A place where a word was found, with some words on both sides."""

    comment_id: uuid.UUID
    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Check:
    """What each word would have hit in so many published comments, of so many days; `unchecked` were too many."""

    hits: "dict[str, Hits]"
    comments: int
    days: float
    unchecked: int


@dataclass(slots=True)
class Hits:
    """Where a word would have been found, and the longer words that it only stands in."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)
    longer: Counter[str] = field(default_factory=Counter)


def bands(database: Database, site: Site, policy: Policy, chosen: Mapping[str, Band], now: datetime) -> Effect:
    """Decide the last weeks' comments again from their receipts, by *policy* and with the *chosen* bands."""
    changed = replace(policy, bands=chosen)
    before: Counter[Action] = Counter()
    after: Counter[Action] = Counter()
    moves: Counter[Move] = Counter()
    examples: dict[Move, list[uuid.UUID]] = {}
    with database.read() as session:
        rows, oldest = past.first_verdicts(session, site.id, now - timedelta(weeks=WEEKS), limit=MOST_VERDICTS)
    scores = _table([row.scores for row in rows])
    known: dict[object, Move] = {}
    for row, asked in zip(rows, _asked(scores, policy.bands, chosen), strict=True):
        # An action follows from what the scores ask for and from the signals: most comments share them.
        key = row.model is None, asked, str(row.signals) if row.signals else ""
        if key not in known:
            known[key] = _move(row, policy, changed)
        move = known[key]
        before[move[0]] += 1
        after[move[1]] += 1
        if move[0] is not move[1]:
            moves[move] += 1
            some = examples.setdefault(move, [])
            if len(some) < EXAMPLES:
                some.append(row.comment_id)
    spread, caught = _spread(scores, chosen)
    days = max((now - oldest) / timedelta(days=1), 1.0) if oldest else 1.0
    return Effect(len(rows), days, before, after, moves, examples, spread, caught)


def _table(scores: Sequence[Mapping[str, float]]) -> Scores:
    return np.array([_row(each) for each in scores], dtype=np.float64).reshape(-1, len(ATTRIBUTES))


def _row(scores: Mapping[str, float]) -> tuple[float, ...]:
    try:  # a getter of eight reads four times as fast as eight lookups
        found: tuple[float, ...] = _all_scores(scores)
        return found
    except KeyError:
        return tuple(scores.get(name, np.nan) for name in ATTRIBUTES)


def _asked(scores: Scores, before: Mapping[str, Band], after: Mapping[str, Band]) -> list[int]:
    """A number for each row, the same for all whose scores lie between the same edges; NaN is below them all."""
    numbers = np.zeros(len(scores), dtype=np.int64)
    for column, name in zip(scores.T, ATTRIBUTES, strict=True):
        edges = {edge for band in (before[name], after[name]) for edge in (band.hold, band.reject) if edge is not None}
        numbers = numbers * (len(edges) + 1) + sum((column >= edge for edge in edges), np.zeros(len(scores), np.int64))
    found: list[int] = numbers.tolist()
    return found


def _move(row: past.Verdict, policy: Policy, changed: Policy) -> Move:
    reading = Reading(scores=row.scores, spans=(), model=row.model) if row.model else None
    signals = [
        Signal(SignalCode(item["code"]), item.get("rule", ""), value=item.get("value", "")) for item in row.signals
    ]
    return decide(policy, reading, signals).action, decide(changed, reading, signals).action


def _spread(scores: Scores, chosen: Mapping[str, Band]) -> tuple[dict[str, list[int]], dict[str, tuple[int, int]]]:
    """The scores of each attribute in bins, and how many of them reach the edges to hold and to reject."""
    spread, reach = {}, {}
    for column, name in zip(scores.T, ATTRIBUTES, strict=True):
        given = column[~np.isnan(column)]
        spread[name] = np.bincount(np.minimum((given * BINS).astype(int), BINS - 1), minlength=BINS).tolist()
        reach[name] = _reaching(given, chosen[name].hold), _reaching(given, chosen[name].reject)
    return spread, reach


def _reaching(scores: Scores, edge: float | None) -> int:
    return 0 if edge is None else int((scores >= edge).sum())


def words(database: Database, site: Site, listed: tuple[str, ...], now: datetime) -> Check:
    """Which published comments of the last weeks each word would have hit."""
    with database.read() as session:
        texts = past.published_texts(session, site.id, now - timedelta(weeks=WEEKS), limit=MOST_TEXTS)
    hits = {word: Hits() for word in listed[:MOST_WORDS]}
    plain = {word: normalise(word).text.strip() for word in hits}
    for comment_id, text, _ in texts:
        normalised = normalise(text)
        for match in find_words(normalised, tuple(hits)):
            hit, example = hits[match.word], _example(comment_id, text, match.start, match.end)
            hit.count += 1
            # The same words again would show nothing new.
            if len(hit.examples) < EXAMPLES and replace(example, comment_id=comment_id) not in [
                replace(known, comment_id=comment_id) for known in hit.examples
            ]:
                hit.examples.append(example)
        for word, form in plain.items():
            if form and form in normalised.text:
                hits[word].longer.update(_longer(form, normalised.text))
    days = max((now - texts[-1][2]) / timedelta(days=1), 1.0) if texts else 1.0
    return Check(hits, len(texts), days, unchecked=len(listed) - len(hits))


def _longer(form: str, text: str) -> set[str]:
    """The words of *text* that *form* is only a part of."""
    found = re.findall(rf"\w*{re.escape(form)}\w*", text)
    return {word[:60] for word in found if word != form}


def _example(comment_id: uuid.UUID, text: str, start: int, end: int) -> Example:
    first, last = max(start - 60, 0), min(end + 60, len(text))
    return Example(
        comment_id,
        ("…" if first else "") + text[first:start],
        text[start:end],
        text[end:last] + ("…" if last < len(text) else ""),
    )
