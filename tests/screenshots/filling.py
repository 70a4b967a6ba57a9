"""Some weeks of a small history blog, for pictures: its own comments, read by the real readers, and people's work."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import sqlalchemy as sa

from moderation import appeals, batches, intake, notes, reports, review, standing
from moderation.config import ROOT
from moderation.deciding import Choice
from moderation.domain.comment import Action, Article, Author, Parent, Submission
from moderation.domain.standing import Standing
from moderation.scoring import Scorer
from moderation.storage import types
from moderation.storage.engine import Database
from moderation.storage.tables import Author as StoredAuthor
from moderation.storage.tables import Comment, Event, EventState, Membership, Moderator, Role, Site
from moderation.storage.types import utc_now

BLOG = ROOT / "examples" / "blog"


def fill(database: Database, scorer: Scorer, site: Site, people: list[Moderator]) -> None:
    """Let everything of the files be said, the last of it just now, and a part of it be dealt with."""
    now, chance = utc_now(), Random(3)
    articles = {
        entry["slug"]: Article(
            entry["slug"],
            url=f"https://blog.example/{entry['slug']}",
            title=entry["title"],
            text="\n\n".join(entry["paragraphs"]),
        )
        for entry in json.loads((BLOG / "articles.json").read_text())
    }
    said = [
        (entry["article"], entry["name"], entry["text"])
        for entry in json.loads((BLOG / "comments.json").read_text())
        if entry["article"] in articles
    ]
    said += [tuple(entry) for entry in json.loads((Path(__file__).parent / "said.json").read_text())]
    chance.shuffle(said)
    earlier: dict[str, tuple[str, str]] = {}
    for number, (slug, name, text) in enumerate(said):
        at = now - timedelta(minutes=7) - timedelta(hours=4.1) * (len(said) - number)
        answered = earlier.get(slug) if chance.random() < 0.4 else None
        earlier[slug] = (str(number), text)
        parent = Parent(*answered) if answered else None
        author = Author(id=name.lower(), name=name, email=f"{len(name)}@example.org")
        one = Submission(id=str(number), text=text, article=articles[slug], author=author, parent=parent, created_at=at)
        with _clock(at):
            intake.submit(database, scorer, site, [one], now=at)
    _deal_with(database, site, people, now)


@contextmanager
def _clock(at: datetime) -> Iterator[None]:
    """Keys are made as at that time: the pages of insight go by them."""
    types._last_tick = 0
    with patch.object(types.time, "time_ns", lambda: int(at.timestamp() * 1e9)):
        yield


def _deal_with(database: Database, site: Site, people: list[Moderator], now: datetime) -> None:
    with database.write() as session:
        waiting = session.scalars(sa.select(Comment).where(Comment.state == "held").order_by(Comment.id)).all()
        published = session.scalars(sa.select(Comment).where(Comment.state == "published")).all()
        session.get_one(Membership, (people[0].id, site.id)).role = Role.OWNER
    hands = [{"moderator": person, "site_ids": [site.id]} for person in people]
    for number, row in enumerate(waiting[::2]):
        action = (Action.REJECT, Action.PUBLISH, Action.REJECT, Action.SPAM)[number % 4]
        at = min(row.created_at + timedelta(minutes=5 + 17 * number), now - timedelta(minutes=2))
        known = {**hands[number % 2], "comment_id": row.id, "seen_version": row.version, "now": at}
        note = "" if action is Action.PUBLISH else "Please argue about the letters, not about the people."
        with _clock(at):
            review.decide(database, **known, action=action, note=note)
        if number == 0:
            words = "I only repeated what the article itself says about him. Please read it again."
            appeals.appeal(database, comment_id=row.id, text=words, now=now - timedelta(minutes=40))
    left = waiting[1::2]
    notes.add(database, **hands[1], comment_id=left[0].id, text="He wrote to us before; civil then.", now=now)
    known = {"comment_id": left[1].id, "seen_version": left[1].version, "now": now - timedelta(minutes=15)}
    review.escalate(database, **hands[1], **known, note="Is this a quotation? I do not know the book.")
    for row, reason in zip(published[:2], ("Off topic and unkind", ""), strict=False):
        reports.report(database, site, row.external_id, reporter=None, reason=reason, now=now - timedelta(minutes=20))
    last = [(row.id, row.version) for row in left[-2:]]
    hand = {"moderator": people[0], "site": site, "choice": Choice(Action.REJECT)}
    batches.decide(database, **hand, chosen=last, query={"queue": "held"}, now=now - timedelta(minutes=9))
    with database.write() as session:
        worst = session.scalars(sa.select(StoredAuthor).where(StoredAuthor.name == "patriot88")).first()
        session.execute(sa.update(Event).values(state=EventState.DELIVERED, attempts=1))
        failed = {"state": EventState.FAILED, "last_error": "The address answered 503.", "attempts": 9}
        session.execute(sa.update(Event).where(Event.comment_id == left[2].id).values(failed))
    if worst:
        until = now + timedelta(days=14)
        why = "Three warnings in a week."
        standing.change(
            database, **hands[0], author_id=worst.id, standing=Standing.WATCHED, until=until, why=why, now=now
        )
