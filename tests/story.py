"""Longer stories for tests: what happens on a site over hours, with keys made as if it were then."""

import types as python_types
from datetime import UTC, datetime, timedelta

from moderation import review
from moderation.domain.comment import Action
from moderation.storage import insight, marks, tallies, types
from moderation.storage.insight import Window
from moderation.storage.tables import Article
from tests.factories import make_comment, make_moderator, make_site

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Clock:
    """`now`, and keys made from it on."""

    def __init__(self, monkeypatch, now: datetime) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(types, "time", python_types.SimpleNamespace(time_ns=self._time_ns))
        self.set(now)

    def set(self, now: datetime) -> datetime:
        self.now = now
        self._monkeypatch.setattr(types, "_last_tick", 0)  # a key of an earlier time is wanted
        return now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def _time_ns(self) -> int:
        return int(self.now.timestamp() * 1_000) * 1_000_000


class Story:
    """A site whose past is played hour by hour."""

    def __init__(self, database, clock, slug, *, site=None, mona=None):
        self.database, self.clock = database, clock
        with database.write() as session:
            self.site = site or make_site(session, slug=slug)
            self.mona = mona or make_moderator(session, self.site, email=f"mona@{slug}.example")
            self.nils = make_moderator(session, self.site, email=f"nils@{slug}.example", name="Nils")
            self.article = Article(site_id=self.site.id, external_id="1", title=f"Roses of the {slug}")
            session.add(self.article)

    def comment(self, action=Action.HOLD, *, reasons=("toxicity",), article=True, **values):
        with self.database.write() as session:
            about = {"article_id": self.article.id} if article else {}
            comment = make_comment(session, self.site, action=action, now=self.clock.now, **about, **values)
            session.flush()
            marks.set_reasons(session, comment, reasons, is_new=True)
            return comment

    def decide(self, comment, action, by=None, version=1, **values):
        return review.decide(
            self.database,
            moderator=by or self.mona,
            site_ids=[self.site.id],
            comment_id=comment.id,
            seen_version=version,
            action=action,
            now=self.clock.now,
            **values,
        )

    def undo(self, decision):
        review.undo(
            self.database,
            moderator=self.mona,
            site_ids=[self.site.id],
            decision_id=decision.id,
            now=self.clock.now,
        )

    def figures(self, *, since=START, until=START + DAY, now=None, moderator=None, sites=None):
        with self.database.read() as session:
            return insight.read(
                session,
                sites or [self.site.id],
                Window(since, until),
                moderator_id=(moderator or self.mona).id,
                now=now or self.clock.now,
            )


def play(story, start=START):
    """Three hours: five comments, three of them held, four decisions of people of which one is taken back."""
    clock = story.clock
    clock.set(start + 5 * MINUTE)
    insult = story.comment(risk=0.72, reasons=("toxicity", "insult"))
    story.comment(Action.PUBLISH, reasons=(), risk=0.05)
    clock.set(start + 10 * MINUTE)
    story.decide(insult, Action.REJECT)  # waited 5 minutes
    clock.set(start + HOUR)
    links = story.comment(risk=0.11, reasons=("too_many_links",))
    story.comment(Action.REJECT, reasons=("listed_word",), risk=0.9, article=False)
    clock.set(start + HOUR + 30 * MINUTE)
    story.decide(links, Action.PUBLISH, by=story.nils)  # waited 30 minutes; its score spoke for it, too
    clock.set(start + 2 * HOUR + 20 * MINUTE)
    fine = story.comment(risk=0.79, reasons=("toxicity",))
    clock.set(start + 2 * HOUR + 21 * MINUTE)
    wrong = story.decide(fine, Action.SPAM)
    clock.forward(seconds=30)
    story.undo(wrong)
    clock.forward(seconds=30)
    story.decide(fine, Action.PUBLISH, version=3)  # waited 2 minutes; the score was against it
    clock.set(start + 3 * HOUR + 10 * MINUTE)


def count_all(database, now, at_most=1_000):
    """Let the tallies be filled as the worker does; how many parts there were."""
    for number in range(at_most):
        with database.read() as session:
            part = tallies.read_next(session, now)
        if part is None:
            return number
        with database.write() as session:
            assert tallies.write(session, part)
    raise AssertionError("it never ends")
