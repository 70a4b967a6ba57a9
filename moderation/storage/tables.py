"""The tables, as typed SQLAlchemy classes. What must always be true is a named constraint."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.storage.types import Json, UtcDateTime, utc_now, uuid7


class Base(so.DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
        uuid.UUID: sa.Uuid(),
    }


def choice(kind: type[StrEnum], name: str) -> sa.Enum:
    """A closed set of words as text with a named CHECK, the same on both databases."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


class Role(StrEnum):
    OWNER = "owner"
    MODERATOR = "moderator"
    VIEWER = "viewer"


class EventState(StrEnum):
    PENDING = "pending"  # due at `due_at`; while a worker holds it, that is the end of its lease
    DELIVERED = "delivered"
    FAILED = "failed"  # tried as often as the schedule says
    PARKED = "parked"  # the site has no address, or its address answered 410


class IdempotencyState(StrEnum):
    RUNNING = "running"
    DONE = "done"


def _key() -> so.Mapped[uuid.UUID]:
    return so.mapped_column(primary_key=True, default=uuid7)


def _site() -> so.Mapped[uuid.UUID]:
    return so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"))


def _created() -> so.Mapped[datetime]:
    return so.mapped_column(default=utc_now)


class Site(Base):
    """A blog, the tenant. `slug` is its name in commands and events."""

    __tablename__ = "sites"

    id: so.Mapped[uuid.UUID] = _key()
    slug: so.Mapped[str] = so.mapped_column(sa.String(63), unique=True)
    name: so.Mapped[str] = so.mapped_column(sa.String(200))
    webhook_url: so.Mapped[str | None] = so.mapped_column(sa.String(2000))
    webhook_secret: so.Mapped[bytes]  # encrypted with the installation's key
    webhook_disabled_at: so.Mapped[datetime | None]
    policy_version: so.Mapped[int] = so.mapped_column(default=1)
    created_at: so.Mapped[datetime] = _created()


class PolicyVersion(Base):
    """One version of a site's policy, kept so that every receipt can be replayed."""

    __tablename__ = "policies"

    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    version: so.Mapped[int] = so.mapped_column(primary_key=True)
    document: so.Mapped[dict[str, Any]]
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (sa.CheckConstraint("version > 0", "version_positive"),)


class ApiKey(Base):
    """A key of a site: `prefix.secret`, of which only a hash of the secret is kept."""

    __tablename__ = "api_keys"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    prefix: so.Mapped[str] = so.mapped_column(sa.String(20), unique=True)
    secret_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32))
    expires_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()

    site: so.Mapped[Site] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "site_id"),)


class Article(Base):
    __tablename__ = "articles"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    external_id: so.Mapped[str] = so.mapped_column(sa.String(200))
    url: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    title: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    text: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    updated_at: so.Mapped[datetime] = _created()

    __table_args__ = (sa.UniqueConstraint("site_id", "external_id"),)


class Author(Base):
    """Somebody who writes on a site, known by the blog's own id or, without one, by address."""

    __tablename__ = "authors"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    external_id: so.Mapped[str] = so.mapped_column(sa.String(420))
    name: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    email: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    url: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (sa.UniqueConstraint("site_id", "external_id"),)


class Comment(Base):
    """A comment as it stands now. An erased one keeps its row, without text or author."""

    __tablename__ = "comments"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    external_id: so.Mapped[str] = so.mapped_column(sa.String(200))
    article_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("articles.id"))
    author_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("authors.id"))
    author_name: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    author_ip: so.Mapped[str] = so.mapped_column(sa.String(64), default="")
    parent_external_id: so.Mapped[str] = so.mapped_column(sa.String(200), default="")
    parent_text: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    text: so.Mapped[str | None] = so.mapped_column(sa.Text)
    text_sha256: so.Mapped[bytes | None] = so.mapped_column(sa.LargeBinary(32))
    language: so.Mapped[str] = so.mapped_column(sa.String(35), default="")
    permalink: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    posted_at: so.Mapped[datetime | None]
    revision: so.Mapped[int] = so.mapped_column(default=1)
    state: so.Mapped[State] = so.mapped_column(choice(State, "state"))
    version: so.Mapped[int]
    risk: so.Mapped[float]
    decided_by_person: so.Mapped[bool] = so.mapped_column(default=False)
    open_reports: so.Mapped[int] = so.mapped_column(default=0)
    created_at: so.Mapped[datetime] = _created()

    article: so.Mapped[Article | None] = so.relationship(lazy="raise")
    author: so.Mapped[Author | None] = so.relationship(lazy="raise")
    decisions: so.WriteOnlyMapped["Decision"] = so.relationship(order_by="Decision.version", passive_deletes=True)

    __table_args__ = (
        sa.UniqueConstraint("site_id", "external_id"),
        sa.CheckConstraint("state <> 'erased' OR text IS NULL", "erased_has_no_text"),
        sa.CheckConstraint("version > 0", "version_positive"),
        sa.Index("ix_comments_queue", "site_id", "state", sa.text("risk DESC"), "id"),
        sa.Index("ix_comments_by_state", "site_id", "state", "id"),
        sa.Index("ix_comments_by_site", "site_id", "id"),
        sa.Index("ix_comments_reported", "site_id", "open_reports", "id"),
        sa.Index("ix_comments_same_text", "site_id", "text_sha256", "created_at"),
        sa.Index("ix_comments_by_author", "author_id"),
        sa.Index("ix_comments_by_article", "article_id"),
    )


class Revision(Base):
    """An earlier text of an edited comment: what an earlier decision was about."""

    __tablename__ = "revisions"

    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    number: so.Mapped[int] = so.mapped_column(primary_key=True)
    text: so.Mapped[str] = so.mapped_column(sa.Text)
    replaced_at: so.Mapped[datetime] = _created()


class Moderator(Base):
    __tablename__ = "moderators"

    id: so.Mapped[uuid.UUID] = _key()
    email: so.Mapped[str] = so.mapped_column(sa.String(320), unique=True)
    name: so.Mapped[str] = so.mapped_column(sa.String(200))
    password_hash: so.Mapped[str] = so.mapped_column(sa.String(200))
    disabled_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()


class Membership(Base):
    """What a moderator may do on a site."""

    __tablename__ = "memberships"

    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("moderators.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    role: so.Mapped[Role] = so.mapped_column(choice(Role, "role"))

    __table_args__ = (sa.Index(None, "site_id"),)


class ModeratorSession(Base):
    """A sign-in. The browser holds a random token, we hold its hash: deleting the row ends it."""

    __tablename__ = "moderator_sessions"

    token_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32), primary_key=True)
    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("moderators.id", ondelete="CASCADE"))
    created_at: so.Mapped[datetime] = _created()
    seen_at: so.Mapped[datetime] = _created()

    moderator: so.Mapped[Moderator] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "moderator_id"), sa.Index(None, "created_at"))


class Decision(Base):
    """One decision with its receipt: reasons, scores, spans and versions, but no word of the comment."""

    __tablename__ = "decisions"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    version: so.Mapped[int]
    revision: so.Mapped[int]
    action: so.Mapped[Action] = so.mapped_column(choice(Action, "action"))
    state_before: so.Mapped[State | None] = so.mapped_column(choice(State, "state_before"))
    actor: so.Mapped[Actor] = so.mapped_column(choice(Actor, "actor"))
    moderator_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("moderators.id"))
    note: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    undoes: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("decisions.id"))
    receipt: so.Mapped[dict[str, Any]]
    created_at: so.Mapped[datetime] = _created()

    comment: so.Mapped[Comment] = so.relationship(lazy="raise", overlaps="decisions")
    moderator: so.Mapped[Moderator | None] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.UniqueConstraint("comment_id", "version"),
        sa.CheckConstraint("(actor = 'moderator') = (moderator_id IS NOT NULL)", "moderator_is_named"),
        sa.Index("ix_decisions_history", "site_id", "actor", "id"),
        sa.Index(None, "moderator_id"),
        sa.Index(None, "undoes"),
    )


class Report(Base):
    """A reader's complaint about a comment; one reader counts once."""

    __tablename__ = "reports"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    reporter: so.Mapped[str | None] = so.mapped_column(sa.String(200))  # NULLs are distinct: anonymous ones add up
    reason: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (sa.UniqueConstraint("comment_id", "reporter"),)


class Event(Base):
    """The outbox: what a blog has to be told. Written in the decision's transaction."""

    __tablename__ = "outbox"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    type: so.Mapped[str] = so.mapped_column(sa.String(40))
    payload: so.Mapped[dict[str, Any]]
    state: so.Mapped[EventState] = so.mapped_column(choice(EventState, "state"))
    due_at: so.Mapped[datetime]
    attempts: so.Mapped[int] = so.mapped_column(default=0)
    lease_token: so.Mapped[uuid.UUID | None]
    last_error: so.Mapped[str] = so.mapped_column(sa.String(300), default="")
    created_at: so.Mapped[datetime] = _created()

    comment: so.Mapped[Comment] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.Index("ix_outbox_due", "state", "due_at"),
        sa.Index("ix_outbox_by_site", "site_id", "state", "id"),
        sa.Index(None, "comment_id"),
    )


class DeliveryAttempt(Base):
    """One try to deliver an event, and what came of it."""

    __tablename__ = "delivery_attempts"

    id: so.Mapped[uuid.UUID] = _key()
    event_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("outbox.id", ondelete="CASCADE"))
    number: so.Mapped[int]
    status: so.Mapped[int | None]  # None: no answer
    error: so.Mapped[str] = so.mapped_column(sa.String(300), default="")
    duration_ms: so.Mapped[int]
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (sa.Index(None, "event_id"),)


class IdempotencyRecord(Base):
    """The first answer to a request with an `Idempotency-Key` or `webhook-id`. It holds no comment text."""

    __tablename__ = "idempotency_records"

    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    key: so.Mapped[str] = so.mapped_column(sa.String(300), primary_key=True)
    request_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32))
    state: so.Mapped[IdempotencyState] = so.mapped_column(choice(IdempotencyState, "state"))
    lease_until: so.Mapped[datetime]
    status: so.Mapped[int | None]
    response: so.Mapped[dict[str, Any] | None] = so.mapped_column(Json)
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (
        sa.CheckConstraint("(state = 'done') = (status IS NOT NULL)", "done_has_answer"),
        sa.Index(None, "created_at"),
    )
