"""A database as a large blog has it after a year: a long queue, a longer history, people who decide.

The rows are what intake and moderators leave, made in bulk: texts, authors and articles repeat, times have their
days and nights, and one comment in seven was held and decided by a person.
"""

import hashlib
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation import batches, proof
from moderation.cli.bench import comments as made_up
from moderation.deciding import Choice
from moderation.domain.comment import RESULT, Action, Actor, State
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import ATTRIBUTES
from moderation.storage import queues, tallies
from moderation.storage.engine import Database
from moderation.storage.listing import Filters, Queue
from moderation.storage.marks import Matter
from moderation.storage.tables import (
    Appeal,
    Article,
    Author,
    Batch,
    Comment,
    CommentMark,
    Decision,
    Event,
    EventState,
    Moderator,
    Report,
    Role,
    Site,
)
from moderation.storage.types import first_uuid7, utc_now
from tests.factories import make_moderator, make_site

CHUNK = 10_000
YEAR, QUEUE_AGE = timedelta(days=365), timedelta(days=14)
HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 9, 10, 10, 9, 9, 9, 10, 11, 12, 12, 10, 7, 4)  # comments by hour of the day
# What a machine holds a comment for, how often, and what a moderator then does: publish, reject, spam.
HELD_FOR: dict[str, tuple[int, tuple[int, int, int]]] = {
    "toxicity": (30, (45, 55, 0)),
    "insult": (25, (40, 60, 0)),
    "identity_attack": (8, (35, 65, 0)),
    "threat": (5, (30, 70, 0)),
    "sexually_explicit": (3, (30, 50, 20)),
    "spam": (12, (15, 5, 80)),
    "too_many_links": (7, (30, 5, 65)),
    "listed_word": (6, (50, 50, 0)),
    "repeated_text": (2, (20, 20, 60)),
    "language_unsupported": (1, (85, 10, 5)),
    "not_scored": (1, (90, 10, 0)),
}
NO_SCORE = {"not_scored", "language_unsupported", "too_many_links", "listed_word", "repeated_text"}


class Receipt(NamedTuple):
    """The JSON of a machine's receipt, written once for many comments, and what is read from it."""

    text: str
    code: str
    risk: float


@dataclass(frozen=True, slots=True)
class Filled:
    sites: list[Site]
    moderators: list[Moderator]
    comments: int


def fill(database: Database, *, held: int = 100_000, history: int = 1_000_000, seed: int = 1) -> Filled:
    """Fill an empty, migrated database with *held* waiting comments and *history* decided ones.

    Moderators are `mod0@example.org` and so on, owners of both sites; `mod0` signs in with nothing yet.
    """
    chance, now = random.Random(seed), utc_now()
    with database.write() as session:
        sites = [make_site(session, slug) for slug in ("garden", "harbour")]
        names = ("Mona", "Nils", "Olga", "Pim", "Quinn", "Rosa", "Sven", "Tess")
        people = [
            make_moderator(session, *sites, email=f"mod{number}@example.org", name=name, role=Role.OWNER)
            for number, name in enumerate(names)
        ]
    maker = _Maker(chance, sites, people, now, held + history)
    with database.write() as session:
        for _ in range(40):
            done = {"action": Action.PUBLISH, "query": {}, "sample": [], "size": 50, "done": 50, "started_at": now}
            session.add(Batch(site_id=sites[0].id, moderator_id=people[0].id, **done))
    with _without_indexes(database):
        _insert(database, Article, maker.articles)
        _insert(database, Author, maker.authors)
        for some in _chunks(maker.times(held, history), CHUNK):
            maker.make(some)
            for table in (Comment, CommentMark, Decision, Report, Appeal, Event):
                _insert(database, table, maker.rows[table])
    _decide_in_batches(database, sites[0], people[0])
    with database.writer.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    return Filled(sites, people, held + history)


def _decide_in_batches(database: Database, site: Site, moderator: Moderator) -> None:
    """One batch that was done, of what stays as it is, and one that was only drawn."""
    with database.read() as session:
        chosen = queues.chosen(session, site.id, Queue.PUBLISHED, limit=20)
    about = {"database": database, "moderator": moderator, "site": site, "now": utc_now()}
    batches.decide(**about, chosen=chosen, choice=Choice(Action.PUBLISH), query={"way": proof.SELECTED})
    with suppress(InvalidRequest):  # a small queue may have nothing there
        proof.draw(**about, way=proof.RANGE, wanted=[Queue.HELD], filters=Filters(), action=Action.PUBLISH)


def tally(database: Database) -> None:
    """Count the past, as the worker has by the time it is a year long."""
    part: tallies.Part | None
    while True:
        with database.write() as session:
            for _ in range(500):
                part = tallies.read_next(session, utc_now())
                if part is None:
                    return
                tallies.write(session, part)
                session.flush()


class _Maker:
    """Makes rows, a chunk at a time, in `rows`."""

    def __init__(
        self, chance: random.Random, sites: list[Site], people: list[Moderator], now: datetime, total: int
    ) -> None:
        self.chance, self.sites, self.people, self.now = chance, sites, people, now
        self.texts = [(text, hashlib.sha256(text.encode()).digest()) for text in _texts(chance)]
        self.clean = [_receipt("", round(chance.betavariate(1.2, 12), 4), Action.PUBLISH) for _ in range(400)]
        codes, weights = list(HELD_FOR), [weight for weight, _ in HELD_FOR.values()]
        self.held = [
            _receipt(code, 0.0 if code in NO_SCORE else round(0.5 + 0.5 * chance.betavariate(1.3, 2.2), 4), Action.HOLD)
            for code in chance.choices(codes, weights, k=400)
        ]
        self.articles = [self._article(number) for number in range(max(20, total // 500))]
        self.authors = [self._author(number) for number in range(max(50, total // 30))]
        self.rows: dict[type, list[dict[str, Any]]] = {}
        self.count = 0

    def _article(self, number: int) -> dict[str, Any]:
        at = self.now - YEAR * self.chance.random()
        return {
            "id": _key(at, self.chance),
            "site_id": self._site().id,
            "external_id": str(number),
            "url": f"https://blog.example/{number}",
            "title": self.chance.choice(self.texts)[0][: self.chance.randint(20, 80)].strip().capitalize(),
            "text": self.chance.choice(self.texts)[0] * 8,
            "updated_at": at,
        }

    def _author(self, number: int) -> dict[str, Any]:
        at = self.now - YEAR * self.chance.random()
        name = f"{self.chance.choice(_NAMES)} {self.chance.choice('ABCDEFGHKLMNPRSTW')}."
        email = f"reader{number}@example.org"
        values = {"external_id": f"u{number}", "name": name, "email": email, "created_at": at}
        return {"id": _key(at, self.chance), "site_id": self._site().id, **values}

    def _site(self) -> Site:
        return self.sites[self.chance.random() < 0.15]

    def times(self, held: int, history: int) -> Iterator[tuple[datetime, bool]]:
        """When each comment came, the oldest first, and whether it still waits."""
        decided = sorted(self._time(YEAR) for _ in range(history))
        waiting = sorted(self._time(QUEUE_AGE) for _ in range(held))
        yield from sorted(chain(zip(decided, repeat(False), strict=False), zip(waiting, repeat(True), strict=False)))

    def _time(self, span: timedelta) -> datetime:
        day = (self.now - span * self.chance.random() ** 1.1).replace(minute=0, second=0, microsecond=0)
        at = day.replace(hour=self.chance.choices(range(24), HOURS)[0]) + timedelta(
            seconds=self.chance.uniform(0, 3600)
        )
        return min(at, self.now - timedelta(seconds=self.chance.uniform(1, 60)))

    def make(self, some: Iterable[tuple[datetime, bool]]) -> None:
        self.rows = {table: [] for table in (Comment, CommentMark, Decision, Report, Appeal, Event)}
        for at, waits in some:
            self._comment(at, waits)

    def _comment(self, at: datetime, waits: bool) -> None:
        chance, self.count = self.chance, self.count + 1
        was_held = waits or chance.random() < 0.14
        receipt = chance.choice(self.held if was_held else self.clean)
        # A few popular articles have most of the comments, and a few people write most of them.
        article = self.articles[int(len(self.articles) * chance.random() ** 3)]
        author = self.authors[int(len(self.authors) * chance.random() ** 2)]
        text, digest = chance.choice(self.texts)
        row: dict[str, Any] = {
            "id": _key(at, chance),
            "site_id": article["site_id"],
            "external_id": str(self.count),
            "article_id": article["id"],
            "author_id": author["id"],
            "author_name": author["name"],
            "parent_external_id": str(self.count - chance.randint(1, 40)) if chance.random() < 0.3 else "",
            "text": text,
            "text_sha256": digest,
            "language": "en",
            "state": State.HELD if was_held else State.PUBLISHED,
            "version": 1,
            "risk": receipt.risk,
            "created_at": at,
        }
        self.rows[Comment].append(row)
        self._decision(row, Action.HOLD if was_held else Action.PUBLISH, receipt.text, at)
        if was_held and not waits:
            self._decided(row, receipt, at)
        self._matters(row, receipt, at, waits)

    def _decided(self, row: dict[str, Any], receipt: Receipt, at: datetime) -> None:
        """By a moderator, minutes to days later."""
        action = self.chance.choices((Action.PUBLISH, Action.REJECT, Action.SPAM), HELD_FOR[receipt.code][1])[0]
        when = min(at + timedelta(minutes=self.chance.lognormvariate(4, 1.5)), self.now)
        by = self.people[int(len(self.people) * self.chance.random() ** 2)]
        before = row["state"]
        row.update(state=RESULT[action], version=2, decided_by_person=True)
        self._decision(row, action, receipt.text, when, moderator_id=by.id, state_before=before)

    def _decision(self, row: dict[str, Any], action: Action, receipt: str, at: datetime, **values: Any) -> None:
        is_person = "moderator_id" in values
        self.rows[Decision].append(
            {
                "id": _key(at, self.chance),
                "site_id": row["site_id"],
                "comment_id": row["id"],
                "version": row["version"],
                "revision": 1,
                "action": action,
                "actor": Actor.MODERATOR if is_person else Actor.MACHINE,
                "receipt": receipt,
                "created_at": at,
                **values,
            }
        )
        fate = self.chance.random()
        if fate < 0.1:  # what was delivered is cleared away after some weeks
            self.rows[Event].append(
                {
                    "id": _key(at, self.chance),
                    "site_id": row["site_id"],
                    "comment_id": row["id"],
                    "type": f"comment.{row['state']}",
                    "payload": "{}",
                    "state": EventState.FAILED if fate < 0.0002 else EventState.DELIVERED,
                    "due_at": at,
                    "attempts": 1,
                    "created_at": at,
                }
            )

    def _matters(self, row: dict[str, Any], receipt: Receipt, at: datetime, waits: bool) -> None:
        codes: list[str] = [receipt.code] if receipt.code else []
        about = {"site_id": row["site_id"], "comment_id": row["id"]}
        fate = self.chance.random()
        if row["state"] is State.PUBLISHED and fate < 0.003:
            row["open_reports"] = self.chance.randint(1, 3)
            codes.append(Matter.REPORTED)
            for _ in range(row["open_reports"]):
                self.rows[Report].append({"id": _key(at, self.chance), **about, "reason": "rude", "created_at": at})
        elif waits and fate < 0.003:
            row.update(escalated_at=at, escalated_by=self.people[1].id)
            codes.append(Matter.ESCALATED)
        elif row["state"] is State.REJECTED and fate < 0.005:
            codes.append(Matter.APPEAL)
            said = {"text": "This was a quotation from the article.", "created_at": at}
            self.rows[Appeal].append({"id": _key(at, self.chance), **about, **said})
        for code in codes:
            mark = {"comment_id": row["id"], "code": str(code), "site_id": row["site_id"]}
            self.rows[CommentMark].append({**mark, "state": row["state"], "risk": row["risk"]})


_NAMES = str.split("Ann Bo Cleo Dan Eve Finn Gus Hana Ida Jo Kim Leo Mia Ned Ola Pam Rui Sia Tom Una Vic Wim Yara Zoe")


def _texts(chance: random.Random) -> Iterator[str]:
    """Of the lengths that comments have: mostly a few sentences, now and then a page."""
    for text in made_up(3_000, chance):
        size = min(max(int(chance.lognormvariate(5, 0.8)), 20), 3_000)
        yield (text * (size // len(text) + 1))[:size]


def _receipt(code: str, risk: float, action: Action) -> Receipt:
    scores = {name: round(risk * 0.2, 4) for name in ATTRIBUTES}
    name = code.upper() if code.upper() in ATTRIBUTES else "TOXICITY"
    scores[name] = risk
    reasons = []
    if code:
        source = Source.SYSTEM if code == "not_scored" else Source.RULE if code in NO_SCORE else Source.CLASSIFIER
        is_scored = source is Source.CLASSIFIER
        reasons = [Reason(code, source, action, name if is_scored else "", risk if is_scored else None).as_dict()]
    spans = [[4, 10, name, 1.25]] if risk > 0.5 else []
    receipt = {"reasons": reasons, "scores": {} if code == "not_scored" else scores, "spans": spans}
    return Receipt(json.dumps({**receipt, "model": "quick-3", "policy_version": 1}), code, risk)


def _key(at: datetime, chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=first_uuid7(at).int | chance.getrandbits(74) & 0xFFF_3FFF_FFFF_FFFF_FFFF)


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


@contextmanager
def _without_indexes(database: Database) -> Iterator[None]:
    """Bulk rows go in faster without the tables' indexes; they are made again when the block ends."""
    indexes = [index for table in (Comment, CommentMark, Decision, Event) for index in table.__table__.indexes]
    with database.writer.begin() as connection:
        for index in indexes:
            index.drop(connection)
    yield
    for index in indexes:
        with database.writer.begin() as connection:
            index.create(connection)


def _insert(database: Database, model: Any, rows: list[dict[str, Any]]) -> None:
    """COPY on PostgreSQL, the driver's `executemany` on SQLite; a JSON value is given as its text."""
    if not rows:
        return
    table = model.__table__
    names = [column.name for column in table.columns]
    blank = [_blank(column) for column in table.columns]
    filled = (tuple(row.get(name, default) for name, default in zip(names, blank, strict=True)) for row in rows)
    with database.writer.begin() as connection:
        raw: Any = connection.connection.driver_connection
        if database.is_sqlite:
            places = ", ".join("?" * len(names))
            sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - our own names
            raw.executemany(sql, (tuple(_for_sqlite(value) for value in row) for row in filled))
            return
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in filled:
                copy.write_row(row)


def _blank(column: sa.Column[Any]) -> Any:
    """What a row that says nothing has in the column."""
    default = getattr(column.default, "arg", None)
    if default is not None and not callable(default):
        return default
    return "{}" if isinstance(column.type, sa.JSON) else None


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")[:26]  # all of ours are UTC
    return value
