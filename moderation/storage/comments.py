"""Comments, their articles and authors: finding, writing, listing."""

import hashlib
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain import comment as values
from moderation.domain.comment import Action, State
from moderation.storage.tables import Article, Author, Comment, Decision, Report, Revision, Site
from moderation.storage.types import uuid7

# Asked for every comment or by every page, so they are built once: that takes SQLAlchemy as long as SQLite the answer.
_LOCKED = (
    sa.select(Comment)
    .where(Comment.site_id == sa.bindparam("site_id"), Comment.external_id == sa.bindparam("external_id"))
    .options(so.joinedload(Comment.article))
    .with_for_update(of=Comment)
    .execution_options(populate_existing=True)
)
_SAME_TEXT = (
    sa.select(sa.func.count())
    .select_from(Comment)
    .where(
        Comment.site_id == sa.bindparam("site_id"),
        Comment.text_sha256 == sa.bindparam("digest"),
        Comment.created_at >= sa.bindparam("since"),
        Comment.external_id != sa.bindparam("except_id"),
    )
)

# As `is_verdict`.
_VERDICT = (Decision.actor == values.Actor.MACHINE, Decision.action != Action.ERASE)


def _deciding() -> sa.Select[Decision]:
    """Of the comments `ids`: the present decisions, the machine's last, and the last by people before."""
    ids: Any = sa.bindparam("ids", expanding=True)
    last = sa.select(Decision.comment_id, sa.func.max(Decision.version)).group_by(Decision.comment_id)
    telling = sa.union(
        sa.select(Comment.id, Comment.version.label("version")).where(Comment.id.in_(ids)),
        last.where(Decision.comment_id.in_(ids), *_VERDICT),
        last.join(Comment, Comment.id == Decision.comment_id).where(
            Comment.id.in_(ids), Decision.actor != values.Actor.MACHINE, Decision.version < Comment.version
        ),
    ).subquery()
    return (
        sa.select(Decision)
        .join(telling, sa.and_(Decision.comment_id == telling.c.id, Decision.version == telling.c.version))
        .options(so.joinedload(Decision.moderator))
        .order_by(Decision.comment_id, Decision.version)
    )


def _last_verdicts() -> sa.Select[Decision]:
    """What the machine said last of the comments `ids`."""
    newest = (
        sa.select(Decision.comment_id, sa.func.max(Decision.version).label("version"))
        .where(Decision.comment_id.in_(sa.bindparam("ids", expanding=True)), *_VERDICT)
        .group_by(Decision.comment_id)
        .subquery()
    )
    same = sa.and_(Decision.comment_id == newest.c.comment_id, Decision.version == newest.c.version)
    return sa.select(Decision).join(newest, same)


def _newest_reports() -> sa.Select[Report]:
    """Of the comments `ids`, at most `each`."""
    number = sa.func.row_number().over(partition_by=Report.comment_id, order_by=Report.id.desc())
    of_comments = Report.comment_id.in_(sa.bindparam("ids", expanding=True))
    ranked = sa.select(Report.id, number.label("number")).where(of_comments).subquery()
    return (
        sa.select(Report)
        .join(ranked, Report.id == ranked.c.id)
        .where(ranked.c.number <= sa.bindparam("each"))
        .order_by(Report.id.desc())
    )


_DECIDING, _LAST_VERDICTS, _NEWEST_REPORTS = _deciding(), _last_verdicts(), _newest_reports()


def text_sha256(text: str) -> bytes:
    """What two copies of a text share, also when they differ in spacing and case."""
    return hashlib.sha256(" ".join(text.split()).casefold().encode("utf-8", "replace")).digest()


def find_comment(session: so.Session, site_id: uuid.UUID, external_id: str) -> Comment | None:
    return session.scalar(
        sa.select(Comment)
        .where(Comment.site_id == site_id, Comment.external_id == external_id)
        .options(so.joinedload(Comment.article))
    )


def ids_of(session: so.Session, site_id: uuid.UUID, external_ids: Collection[str]) -> dict[str, uuid.UUID]:
    """Our keys of a site's comments, by the blog's own ids."""
    rows = session.execute(
        sa.select(Comment.external_id, Comment.id).where(
            Comment.site_id == site_id, Comment.external_id.in_(external_ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def lock_comment(session: so.Session, site_id: uuid.UUID, external_id: str) -> Comment | None:
    """The comment, read again inside a write transaction, where nobody else can change it."""
    return session.scalar(_LOCKED, {"site_id": site_id, "external_id": external_id})


def find_article(session: so.Session, site_id: uuid.UUID, external_id: str) -> Article | None:
    return session.scalar(sa.select(Article).where(Article.site_id == site_id, Article.external_id == external_id))


def count_same_text(session: so.Session, site_id: uuid.UUID, digest: bytes, *, since: datetime, except_id: str) -> int:
    """How many other comments of the site have this text."""
    values = {"site_id": site_id, "digest": digest, "since": since, "except_id": except_id}
    return session.scalar(_SAME_TEXT, values) or 0


def article_title(session: so.Session, site_id: uuid.UUID, article_id: uuid.UUID) -> str:
    """An article's title, or what stands in for it; nothing for one of another site."""
    row = session.scalar(sa.select(Article).where(Article.id == article_id, Article.site_id == site_id))
    return (row.title or row.url or row.external_id) if row else ""


def keep_article(session: so.Session, site: Site, article: values.Article, now: datetime) -> Article:
    """The stored article, brought up to date with what the blog sent; what it left out stays."""
    row = find_article(session, site.id, article.id)
    if row is None:
        row = Article(id=uuid7(), site_id=site.id, external_id=article.id, url="", title="", text="", updated_at=now)
        session.add(row)
    sent = {"url": article.url, "title": article.title, "text": article.text}
    for name, value in sent.items():
        if value and value != getattr(row, name):
            setattr(row, name, value)
            row.updated_at = now
    return row


def author_key(author: values.Author) -> str:
    """What an author is known by on their site; nothing for somebody who gave neither id nor address."""
    return f"id:{author.id}" if author.id else f"email:{author.email.casefold()}" if author.email else ""


def keep_author(session: so.Session, site: Site, author: values.Author, now: datetime) -> Author | None:
    """The stored author, by the blog's id or by address; None for somebody who gave neither."""
    key = author_key(author)
    if not key:
        return None
    row = session.scalar(sa.select(Author).where(Author.site_id == site.id, Author.external_id == key))
    if row is None:
        row = Author(id=uuid7(), site_id=site.id, external_id=key, name="", email="", url="", created_at=now)
        session.add(row)
    for name in ("name", "email", "url"):
        if value := getattr(author, name):
            setattr(row, name, value)
    return row


def keep_revision(session: so.Session, comment: Comment, now: datetime) -> None:
    """Put the present text of a comment aside before it is replaced."""
    session.add(Revision(comment_id=comment.id, number=comment.revision, text=comment.text or "", replaced_at=now))
    comment.revision += 1


def latest_decision(session: so.Session, comment: Comment) -> Decision:
    """The decision that the comment's state rests on."""
    return session.scalars(
        sa.select(Decision)
        .where(Decision.comment_id == comment.id, Decision.version == comment.version)
        .options(so.joinedload(Decision.moderator))
    ).one()


def history(session: so.Session, comment: Comment) -> Sequence[Decision]:
    """Every decision on a comment, first to last."""
    return session.scalars(
        sa.select(Decision)
        .where(Decision.comment_id == comment.id)
        .order_by(Decision.version)
        .options(so.joinedload(Decision.moderator))
    ).all()


def list_comments(
    session: so.Session,
    site_id: uuid.UUID,
    *,
    state: State | None = None,
    before: uuid.UUID | None = None,
    limit: int = 50,
) -> Sequence[Comment]:
    """A page of a site's comments, newest first; *before* is the last page's last id."""
    query = sa.select(Comment).where(Comment.site_id == site_id).order_by(Comment.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Comment.state == state)
    if before is not None:
        query = query.where(Comment.id < before)
    return session.scalars(query.options(so.joinedload(Comment.article))).all()


def _cards(session: so.Session, query: sa.Select[Comment], limit: int) -> Sequence[Comment]:
    with_all = (so.joinedload(Comment.article), so.joinedload(Comment.author), so.joinedload(Comment.claimant))
    return session.scalars(query.limit(limit).options(*with_all)).all()


class Decided(NamedTuple):
    """A comment's present decision, what the machine said last of it, and what a person decided last before.

    What the machine said stays on a card after a person decided.
    """

    latest: Decision
    verdict: Decision | None
    before: Decision | None


def decisions_of(session: so.Session, comments: Sequence[Comment]) -> dict[uuid.UUID, Decided]:
    """The decisions that the cards of a page tell of, in one query."""
    rows = session.scalars(_DECIDING, {"ids": [comment.id for comment in comments]})
    return {
        comment_id: _decided(list(of_comment))
        for comment_id, of_comment in groupby(rows, key=lambda row: row.comment_id)
    }


def _decided(rows: Sequence[Decision]) -> Decided:
    verdict = next((row for row in reversed(rows) if is_verdict(row)), None)
    before = next((row for row in reversed(rows[:-1]) if row.actor is not values.Actor.MACHINE), None)
    return Decided(rows[-1], verdict, before)


def decided_by_people(
    session: so.Session, site_ids: Collection[uuid.UUID], *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Decision]:
    """What moderators decided, newest first. One short list a site: over several an index keeps no order."""
    ids: list[uuid.UUID] = []
    for site_id in site_ids:
        newest = sa.select(Decision.id).where(Decision.site_id == site_id, Decision.actor == values.Actor.MODERATOR)
        if before is not None:
            newest = newest.where(Decision.id < before)
        ids += session.scalars(newest.order_by(Decision.id.desc()).limit(limit))
    query = (
        sa.select(Decision)
        .where(Decision.id.in_(sorted(ids, reverse=True)[:limit]))
        .options(
            so.joinedload(Decision.moderator),
            so.joinedload(Decision.comment).joinedload(Comment.article),
        )
        .order_by(Decision.id.desc())
    )
    return session.scalars(query).all()


def find_card(session: so.Session, site_ids: Collection[uuid.UUID], comment_id: uuid.UUID) -> Comment | None:
    """One comment of the given sites, with what a card shows."""
    query = sa.select(Comment).where(Comment.id == comment_id, Comment.site_id.in_(site_ids))
    return next(iter(_cards(session, query, 1)), None)


def find_cards(session: so.Session, site_ids: Collection[uuid.UUID], ids: Sequence[uuid.UUID]) -> Sequence[Comment]:
    """Those of the given comments that are on the given sites, with what a card shows."""
    return _cards(session, sa.select(Comment).where(Comment.id.in_(ids), Comment.site_id.in_(site_ids)), len(ids))


def by_site(
    session: so.Session, site_ids: Collection[uuid.UUID], ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Those of the given comments that are on the given sites, by their site."""
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    mine = sa.select(Comment.site_id, Comment.id).where(Comment.id.in_(ids), Comment.site_id.in_(site_ids))
    for row in session.execute(mine):
        found.setdefault(row.site_id, []).append(row.id)
    return found


def find_decision(session: so.Session, site_ids: Collection[uuid.UUID], decision_id: uuid.UUID) -> Decision | None:
    """One decision on a comment of the given sites, with that comment."""
    return session.scalar(
        sa.select(Decision)
        .where(Decision.id == decision_id, Decision.site_id.in_(site_ids))
        .options(so.joinedload(Decision.comment), so.joinedload(Decision.moderator))
    )


def text_of(session: so.Session, decision: Decision) -> str | None:
    """The text that a decision was about, also when it was edited since; None once it is erased."""
    comment = decision.comment
    if comment.text is None or comment.revision == decision.revision:
        return comment.text
    return session.scalar(
        sa.select(Revision.text).where(Revision.comment_id == comment.id, Revision.number == decision.revision)
    )


def machine_verdicts(session: so.Session, comments: Sequence[Comment]) -> dict[uuid.UUID, Decision]:
    """What the machine said last of each comment of a page."""
    if not comments:
        return {}
    rows = session.scalars(_LAST_VERDICTS, {"ids": [comment.id for comment in comments]})
    return {row.comment_id: row for row in rows}


def is_verdict(decision: Decision) -> bool:
    """Whether it is the machine's own opinion of a text."""
    return decision.actor is values.Actor.MACHINE and decision.action is not Action.ERASE


def reports_of(session: so.Session, comments: Sequence[Comment], *, each: int = 5) -> dict[uuid.UUID, list[Report]]:
    """The newest reports of each comment of a page, at most *each*."""
    reported = [comment.id for comment in comments if comment.open_reports]
    if not reported:
        return {}
    found: dict[uuid.UUID, list[Report]] = {}
    for row in session.scalars(_NEWEST_REPORTS, {"ids": reported, "each": each}):
        found.setdefault(row.comment_id, []).append(row)
    return found
