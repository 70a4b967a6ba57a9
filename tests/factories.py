"""Rows and doubles that tests start from, with as little in them as possible."""

import itertools
from datetime import UTC, datetime

from moderation.domain.comment import Action, Actor, Submission
from moderation.domain.reading import ATTRIBUTES, Context, Reading, Span
from moderation.recording import record
from moderation.storage import marks, moderators, secrets, sites
from moderation.storage.comments import text_sha256
from moderation.storage.marks import Matter
from moderation.storage.tables import Comment, Moderator, Role, Site

SECRET_KEY = "a-test-key-that-is-long-enough-to-be-one"
WEBHOOK_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def make_site(session, slug="garden", webhook_url=None) -> Site:
    secret = secrets.encrypt(WEBHOOK_SECRET, SECRET_KEY)
    return sites.add_site(session, slug=slug, name=slug.title(), webhook_url=webhook_url, webhook_secret=secret)


def make_comment(session, site, *, action=Action.HOLD, now=NOW, **overrides) -> Comment:
    """A comment with its machine decision and event, as intake leaves it."""
    number = next(_numbers)
    text = overrides.pop("text", f"A comment, number {number}")
    values = {
        "external_id": f"c{number}",
        "author_name": "Ann",
        "risk": 0.6,
        "revision": 1,
        "version": 0,
        "open_reports": 0,
        "decided_by_person": False,
        "created_at": now,
    }
    comment = Comment(site_id=site.id, text=text, text_sha256=text_sha256(text), **{**values, **overrides})
    scores = dict.fromkeys(ATTRIBUTES, 0.1)
    record(
        session,
        site,
        comment,
        action,
        actor=Actor.MACHINE,
        receipt={"reasons": [], "scores": scores, "spans": [], "model": "fake-1", "policy_version": 1},
        now=now,
        article=None,
    )
    return comment


def mark_reported(session, comment) -> None:
    """As if a reader had reported the comment."""
    comment.open_reports = 1
    marks.open_matter(session, comment, Matter.REPORTED)


def make_moderator(session, *sites_of, email="mod@example.org", name="Mona", role=Role.MODERATOR) -> Moderator:
    moderator = moderators.add_moderator(session, email=email, name=name, password_hash="unusable")
    for site in sites_of:
        moderators.join_site(session, moderator, site, role)
    return moderator


def make_submission(**overrides) -> Submission:
    return Submission(**{"id": f"s{next(_numbers)}", "text": "What a lovely garden.", **overrides})


class FakeReader:
    """A reader that finds `bad` words bad, and can be told to fail or to dawdle."""

    model = "fake-1"

    def __init__(self, *, before=lambda: None) -> None:
        self.before = before

    def read(self, text, context=Context(), *, spans=True) -> Reading:  # noqa: B008 - Context is frozen
        self.before()
        at = text.find("bad")
        score = 0.9 if at >= 0 else 0.05
        scores = {**dict.fromkeys(ATTRIBUTES, 0.01), "TOXICITY": score, "INSULT": score}
        found = (Span(at, at + 3, "TOXICITY", 2.5),) if at >= 0 else ()
        return Reading(scores=scores, spans=found, model=self.model)
