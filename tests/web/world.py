"""A site on which everything has happened, with the most hostile texts wherever a stranger may write any."""

import json

import sqlalchemy as sa

from moderation import appeals, batches, notes, reports, review, standing
from moderation.deciding import Choice
from moderation.domain.comment import Action
from moderation.domain.standing import Standing
from moderation.storage import sites
from moderation.storage.tables import Author, Comment, Event, EventState, Mail, Membership, Role
from moderation.storage.types import utc_now
from tests.web.hostile import HOSTILE

FATES = ("held", "reported", "escalated", "rejected", "spam", "published")


def fill(client, database, site, moderator, texts=HOSTILE, *, copies=1):
    """Send *texts* over the API, *copies* times, and let each have a fate, so that every page has some of them."""
    with database.write() as session:
        key = sites.add_key(session, site)
        membership = session.get_one(Membership, (moderator.id, site.id))
        membership.role, membership.mail = Role.OWNER, Mail.DAILY
    fates = {}
    for copy in range(copies):
        for number, text in enumerate(texts):
            name = f"{copy}-{number}"
            _send(client, key, name, text)
            fates[name] = FATES[(number + copy) % len(FATES)]
    with database.read() as session:
        rows = {row.external_id: row for row in session.scalars(sa.select(Comment))}
    hands = {"moderator": moderator, "site_ids": [site.id]}
    for name, fate in fates.items():
        text = texts[int(name.partition("-")[2])].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        _meet(database, site, hands, rows[name], fate, _storable(text))
    _touch_the_rest(database, site, hands, rows)


def _send(client, key, name, text):
    """As JSON with escapes, which can hold half a letter too."""
    short = text[:300]
    body = {
        "id": name,
        "text": text if int(name.rpartition("-")[2]) % 2 and text.strip() else f"bad {text}",
        "permalink": "javascript://blog.example/%0aalert(1)",
        "article": {
            "id": name,
            "url": f"javascript://blog.example/%0a{short}",
            "title": short or "An article",
            "text": text[:5_000],
        },
        "parent": {"id": name.partition("-")[0] + "-0", "text": text[:2_000]},
        "author": {
            "id": f"u{int(name.rpartition('-')[2]) % 7}",
            "name": short,
            "email": "a@example.org",
            "url": "javascript:alert(1)",
        },
    }
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent = client.post("/v1/comments", data=json.dumps(body).encode(), headers=headers)
    assert sent.status_code in {200, 201}, sent.text


def _storable(text):
    return text.replace("\x00", "\ufffd").strip() or "-"


def _meet(database, site, hands, row, fate, text):
    """Let a comment have its fate; what people write about it is the comment's text itself."""
    now = utc_now()
    known = {**hands, "comment_id": row.id, "seen_version": 1, "now": now}
    match fate:
        case "held":
            notes.add(database, **hands, comment_id=row.id, text=text[:4_000], now=now)
        case "escalated":
            review.escalate(database, **known, note=text[:2_000])
        case "reported" | "published":
            if row.state != "published":
                review.decide(database, **known, action=Action.PUBLISH)
            if fate == "reported":
                reports.report(database, site, row.external_id, reporter=None, reason=text[:1_000], now=now)
        case _:
            action = Action.SPAM if fate == "spam" else Action.REJECT
            review.decide(database, **known, action=action, note=text[:1_000])
            appeals.appeal(database, comment_id=row.id, text=text[:2_000], now=now)


def _touch_the_rest(database, site, hands, rows):
    """Standing, a failed delivery, a batch: what pages there are else."""
    now = utc_now()
    with database.write() as session:
        authors = session.scalars(sa.select(Author)).all()
        session.execute(
            sa.update(Event)
            .where(Event.comment_id.in_([row.id for row in list(rows.values())[:3]]))
            .values(state=EventState.FAILED, last_error="<b>500</b> \u202e", attempts=3)
        )
        waiting = session.scalars(
            sa.select(Comment).where(Comment.state == "held").order_by(Comment.id.desc()).limit(2)
        )
        chosen = [(row.id, row.version) for row in waiting if row.escalated_at is None]
    for author, kind in zip(authors, Standing, strict=False):
        standing.change(database, **hands, author_id=author.id, standing=kind, why=str(author.name)[:200], now=now)
    assert chosen
    batches.decide(
        database,
        moderator=hands["moderator"],
        site=site,
        chosen=chosen,
        choice=Choice(Action.REJECT),
        query={},
        now=now,
    )
