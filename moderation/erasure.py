"""A comment is erased: its text, its author's data and every copy of them; the decisions stay, wordless."""

import uuid
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import NotFound
from moderation.recording import record
from moderation.storage import akismet, comments, labels, marks
from moderation.storage.engine import Database
from moderation.storage.tables import Appeal, Author, Comment, Decision, Event, Note, Report, Revision, Site


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
        article, author_id = comment.article, comment.author_id
        _wipe(session, comment)
        reason = Reason("erased", Source.PERSON, Action.ERASE)
        record(
            session,
            site,
            comment,
            Action.ERASE,
            actor=Actor.BLOG,
            receipt={"reasons": [reason.as_dict()], "scores": {}, "spans": []},
            now=now,
            article=article,
        )
        if author_id is not None:
            _drop_author_without_comments(session, author_id)


def _wipe(session: so.Session, comment: Comment) -> None:
    comment.text = comment.text_sha256 = comment.posted_at = comment.author_id = None
    comment.author_name = comment.author_ip = comment.permalink = ""
    comment.parent_external_id = comment.parent_text = comment.language = ""
    comment.risk = 0.0
    session.execute(sa.delete(Revision).where(Revision.comment_id == comment.id))
    session.execute(sa.delete(Report).where(Report.comment_id == comment.id))
    session.execute(sa.delete(Note).where(Note.comment_id == comment.id))
    session.execute(sa.delete(Appeal).where(Appeal.comment_id == comment.id))
    marks.remove_all(session, comment.id)
    akismet.forget_callback(session, comment.id)
    _wipe_events(session, comment.id)
    # A note is free text and may name the author.
    session.execute(sa.update(Decision).where(Decision.comment_id == comment.id).values(note=""))


def _wipe_events(session: so.Session, comment_id: uuid.UUID) -> None:
    """The answer to an appeal is free text too, and an event may carry it."""
    for event in session.scalars(sa.select(Event).where(Event.comment_id == comment_id)):
        if "appeal" in event.payload.get("data", {}):
            data = {name: value for name, value in event.payload["data"].items() if name != "appeal"}
            event.payload = {**event.payload, "data": data}


def _drop_author_without_comments(session: so.Session, author_id: uuid.UUID) -> None:
    session.flush()
    has_comments = sa.exists().where(Comment.author_id == author_id)
    session.execute(sa.delete(Author).where(Author.id == author_id, ~has_comments))
