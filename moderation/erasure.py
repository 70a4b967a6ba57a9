"""Comments and authors are erased: texts, personal data and every copy of them; the decisions stay, wordless."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import NotFound
from moderation.recording import record
from moderation.storage import akismet, audit, comments, labels, marks
from moderation.storage.audit import Who
from moderation.storage.engine import Database
from moderation.storage.tables import (
    Appeal,
    Author,
    Comment,
    Decision,
    Event,
    Label,
    Note,
    Report,
    Revision,
    Site,
)
from moderation.storage.types import first_uuid7

AT_ONCE = 100  # comments in a transaction
# What waits for a person is not swept away unseen.
DECIDED = (State.PUBLISHED, State.REJECTED, State.SPAM)
BY_THE_BLOG = Who(Actor.BLOG.value)


def erase(database: Database, site: Site, external_id: str, *, now: datetime) -> None:
    """Erase one comment; an erased one stays so, and its id is never taken again.

    Raises:
        NotFound: the site has no such comment.
    """
    with database.write() as session:
        comment = comments.lock_comment(session, site.id, external_id)
        labelled = labels.remove_labels(session, site.id, external_id)
        if comment is None and labelled:
            return  # only what somebody said of its text was kept
        if comment is None:
            raise NotFound("This site has no comment with this id.")
        if comment.state is State.ERASED:
            return
        author_id = comment.author_id
        _erase(session, site, comment, now, who=BY_THE_BLOG)
        if author_id is not None:
            _drop_author_without_comments(session, author_id)


def erase_author(database: Database, author: Author, *, who: Who, now: datetime) -> int:
    """Erase an author: all their comments, what is known of them, and what they reported; how many comments it were.

    The blog is told of every comment. What is begun and cut short can be asked for again.
    """
    erased = 0
    with database.read() as session:
        site = session.get_one(Site, author.site_id)
    while True:
        with database.write() as session:
            batch = _locked(session, Comment.author_id == author.id, limit=AT_ONCE)
            for comment in batch:
                _erase(session, site, comment, now, who=who)
            erased += len(batch)
            session.flush()
            if len(batch) < AT_ONCE and _drop_author_without_comments(session, author.id):
                if author.external_id.startswith("id:"):
                    _forget_reporter(session, site, author.external_id.removeprefix("id:"))
                content = {"what": "author", "author": str(author.id), "comments": erased}
                audit.append(session, site.id, "erasure", content, who=who, now=now)
                return erased


def erase_old(database: Database, site: Site, *, before: datetime, now: datetime) -> int:
    """Erase up to AT_ONCE decided comments that came before a time, oldest first; how many it were.

    The blog is not told: it keeps its comments, only ours go.
    """
    old = sa.and_(Comment.site_id == site.id, Comment.id < first_uuid7(before))
    erased = 0
    with database.write() as session:
        for state in DECIDED:
            for comment in _locked(session, old, Comment.state == state, limit=AT_ONCE - erased):
                author_id = comment.author_id
                _erase(session, site, comment, now, who=Who(Actor.MACHINE.value), is_told=False)
                if author_id is not None:
                    _drop_author_without_comments(session, author_id)
                erased += 1
        if erased:
            content = {"what": "retention", "before": before.isoformat(), "comments": erased}
            audit.append(session, site.id, "erasure", content, who=Who(Actor.MACHINE.value), now=now)
    return erased


def _locked(session: so.Session, *where: sa.ColumnElement[bool], limit: int) -> Sequence[Comment]:
    return session.scalars(
        sa.select(Comment)
        .where(*where)
        .order_by(Comment.id)
        .limit(limit)
        .options(so.joinedload(Comment.article))
        .with_for_update(of=Comment)
        .execution_options(populate_existing=True)
    ).all()


def _erase(session: so.Session, site: Site, comment: Comment, now: datetime, *, who: Who, is_told: bool = True) -> None:
    article = comment.article
    _wipe(session, comment)
    actor = Actor(who.actor) if who.actor in set(Actor) else Actor.BLOG
    reason = Reason("erased", Source.PERSON, Action.ERASE)
    record(
        session,
        site,
        comment,
        Action.ERASE,
        actor=actor,
        moderator_id=who.moderator_id,
        receipt={"reasons": [reason.as_dict()], "scores": {}, "spans": []},
        now=now,
        article=article,
        is_told=is_told,
    )
    session.flush()
    marks.remove_all(session, comment.id)


def _wipe(session: so.Session, comment: Comment) -> None:
    _wipe_quotes(session, comment)
    _wipe_labels(session, comment)
    comment.text = comment.text_sha256 = comment.posted_at = comment.author_id = None
    comment.author_name = comment.author_ip = comment.permalink = ""
    comment.parent_external_id = comment.parent_text = comment.language = ""
    comment.risk = 0.0
    comment.claimed_by = comment.claimed_until = None  # nobody keeps it by having it open
    session.execute(sa.delete(Revision).where(Revision.comment_id == comment.id))
    session.execute(sa.delete(Report).where(Report.comment_id == comment.id))
    session.execute(sa.delete(Note).where(Note.comment_id == comment.id))
    session.execute(sa.delete(Appeal).where(Appeal.comment_id == comment.id))
    akismet.forget_callback(session, comment.id)
    _wipe_events(session, comment.id)
    # A note is free text and may name the author.
    session.execute(sa.update(Decision).where(Decision.comment_id == comment.id).values(note=""))


def _wipe_quotes(session: so.Session, comment: Comment) -> None:
    """Answers to a comment were sent with its text, to be read beside them."""
    replies = sa.and_(
        Comment.site_id == comment.site_id,
        Comment.parent_external_id == comment.external_id,
        Comment.parent_external_id != "",  # the literal condition of the index
    )
    unnamed = sa.and_(Comment.article_id == comment.article_id, Comment.parent_text == comment.text)
    quotes = [replies, unnamed] if comment.article_id is not None and comment.text else [replies]
    for of_it in quotes:
        session.execute(
            sa.update(Comment).where(of_it).values(parent_text="").execution_options(synchronize_session=False)
        )


def _wipe_labels(session: so.Session, comment: Comment) -> None:
    """What was said of it by its id, and of its very words without one."""
    labels.remove_labels(session, comment.site_id, comment.external_id)
    session.execute(sa.delete(Label).where(Label.comment_id == comment.id))
    if comment.text_sha256 is not None:
        same = sa.and_(Label.site_id == comment.site_id, Label.text_sha256 == comment.text_sha256)
        session.execute(sa.delete(Label).where(same, Label.external_id == ""))


def _wipe_events(session: so.Session, comment_id: uuid.UUID) -> None:
    """The answer to an appeal is free text too, and an event may carry it."""
    for event in session.scalars(sa.select(Event).where(Event.comment_id == comment_id)):
        if "appeal" in event.payload.get("data", {}):
            data = {name: value for name, value in event.payload["data"].items() if name != "appeal"}
            event.payload = {**event.payload, "data": data}


def _forget_reporter(session: so.Session, site: Site, name: str) -> None:
    """That they complained of other people's comments stays, without their name and words."""
    session.execute(
        sa.update(Report)
        .where(Report.site_id == site.id, Report.reporter == name)
        .values(reporter=None, reason="")
        .execution_options(synchronize_session=False)
    )


def _drop_author_without_comments(session: so.Session, author_id: uuid.UUID) -> bool:
    """Whether they are gone, with the notes about them; not while a comment of theirs has come meanwhile."""
    session.flush()
    has_comments = sa.exists().where(Comment.author_id == author_id)
    session.execute(sa.delete(Author).where(Author.id == author_id, ~has_comments))
    return session.scalar(sa.select(Author.id).where(Author.id == author_id)) is None
