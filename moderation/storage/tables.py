"""The tables, as typed SQLAlchemy classes. What must always be true is a named constraint."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.domain.standing import Standing
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


class StatusPage(StrEnum):
    """How much a site tells commenters on their page."""

    NONE = "none"  # there is no page
    STATE = "state"
    REASON = "reason"  # the state, and why


class Mail(StrEnum):
    """How soon a moderator is told by mail that comments of a site wait."""

    NEVER = "never"
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class EventState(StrEnum):
    PENDING = "pending"  # due at `due_at`; while a worker holds it, that is the end of its lease
    DELIVERED = "delivered"
    FAILED = "failed"  # tried as often as the schedule says
    PARKED = "parked"  # the site has no address, or its address answered 410


class IdempotencyState(StrEnum):
    RUNNING = "running"
    DONE = "done"


class Size(StrEnum):
    HOUR = "hour"
    DAY = "day"
    STRETCH = "stretch"  # of sixteen days


def _key() -> so.Mapped[uuid.UUID]:
    return so.mapped_column(primary_key=True, default=uuid7)


def _site() -> so.Mapped[uuid.UUID]:
    return so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"))


def _created() -> so.Mapped[datetime]:
    return so.mapped_column(default=utc_now)


def _index_where(name: str, condition: str, *columns: str) -> sa.Index:
    """An index over the few rows that matter; a query uses it only if it says *condition* literally."""
    return sa.Index(name, *columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


class Site(Base):
    """A blog, the tenant. `slug` is its name in commands and events."""

    __tablename__ = "sites"

    id: so.Mapped[uuid.UUID] = _key()
    slug: so.Mapped[str] = so.mapped_column(sa.String(63), unique=True)
    name: so.Mapped[str] = so.mapped_column(sa.String(200))
    webhook_url: so.Mapped[str | None] = so.mapped_column(sa.String(2000))
    webhook_secret: so.Mapped[bytes]  # encrypted with the installation's key
    webhook_secret_before: so.Mapped[bytes | None]  # signs beside the new one until...
    webhook_secret_before_ends: so.Mapped[datetime | None]
    webhook_disabled_at: so.Mapped[datetime | None]
    policy_version: so.Mapped[int] = so.mapped_column(default=1)
    status_page: so.Mapped[StatusPage] = so.mapped_column(
        choice(StatusPage, "status_page"), default=StatusPage.REASON, server_default="reason"
    )
    retention_days: so.Mapped[int | None]  # decided comments are erased here after so many; None: never
    requires_two_step: so.Mapped[bool] = so.mapped_column(default=False, server_default=sa.false())  # of its people
    created_at: so.Mapped[datetime] = _created()

    def webhook_secrets(self, now: datetime) -> tuple[bytes, ...]:
        """Those that are good now, encrypted: the newest first, then the one it replaces, while that lasts."""
        before, ends = self.webhook_secret_before, self.webhook_secret_before_ends
        if before is not None and ends is not None and ends > now:
            return self.webhook_secret, before
        return (self.webhook_secret,)


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
    name: so.Mapped[str] = so.mapped_column(sa.String(200), default="", server_default="")
    scores_only: so.Mapped[bool] = so.mapped_column(default=False, server_default=sa.false())  # see web/access.py
    last_used_on: so.Mapped[date | None]  # a day is enough, and a write a day is cheap
    expires_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()

    site: so.Mapped[Site] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "site_id"),)


class AkismetKey(Base):
    """A key of a site for Akismet's clients: twelve letters and digits, which outcomes carry back to the blog.

    It is therefore kept encrypted, and found by a keyed hash.
    """

    __tablename__ = "akismet_keys"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    lookup: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32), unique=True)
    sealed: so.Mapped[bytes]
    blog: so.Mapped[str] = so.mapped_column(sa.String(2000), default="")  # outcomes go to its host alone
    holds: so.Mapped[bool] = so.mapped_column(default=False)  # the blog's plugin knows what a recheck header means
    discards: so.Mapped[bool] = so.mapped_column(default=False)  # what the machine rejects may be thrown away unseen
    last_used_on: so.Mapped[date | None]
    expires_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()

    site: so.Mapped[Site] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "site_id"),)


class CoralSecret(Base):
    """What a Coral signs its moderation phase with. Coral makes it, and more than one counts while it is rotated."""

    __tablename__ = "coral_secrets"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    secret: so.Mapped[bytes]  # encrypted with the installation's key
    ends_at: so.Mapped[datetime | None]
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
    """Somebody who writes on a site, known by the blog's own id or, without one, by address.

    A standing that has run out stays written down; `standing.now` tells whether it counts.
    """

    __tablename__ = "authors"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    external_id: so.Mapped[str] = so.mapped_column(sa.String(420))
    name: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    email: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    url: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    standing: so.Mapped[Standing | None] = so.mapped_column(choice(Standing, "standing"))
    standing_until: so.Mapped[datetime | None]  # None: until somebody changes it
    standing_why: so.Mapped[str] = so.mapped_column(sa.Text, default="", server_default="")
    standing_by: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("moderators.id"))
    standing_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (
        sa.UniqueConstraint("site_id", "external_id"),
        _index_where("ix_authors_standing", "standing IS NOT NULL", "site_id", "standing_at"),
    )


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
    claimed_by: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("moderators.id"))
    claimed_until: so.Mapped[datetime | None]
    escalated_by: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("moderators.id"))
    escalated_at: so.Mapped[datetime | None]  # None: no owner is asked to look
    created_at: so.Mapped[datetime] = _created()

    article: so.Mapped[Article | None] = so.relationship(lazy="raise")
    author: so.Mapped[Author | None] = so.relationship(lazy="raise")
    claimant: so.Mapped["Moderator | None"] = so.relationship(lazy="raise", foreign_keys=[claimed_by])
    decisions: so.WriteOnlyMapped["Decision"] = so.relationship(order_by="Decision.version", passive_deletes=True)

    __table_args__ = (
        sa.UniqueConstraint("site_id", "external_id"),
        sa.CheckConstraint("state <> 'erased' OR text IS NULL", "erased_has_no_text"),
        sa.CheckConstraint("version > 0", "version_positive"),
        sa.Index("ix_comments_queue", "site_id", "state", sa.text("risk DESC"), "id"),
        sa.Index("ix_comments_by_state", "site_id", "state", "id"),
        sa.Index("ix_comments_by_site", "site_id", "id"),
        sa.Index("ix_comments_same_text", "site_id", "text_sha256", "created_at"),
        sa.Index("ix_comments_by_author", "author_id", "id", "state"),
        sa.Index("ix_comments_by_article", "article_id", "id"),
        sa.Index("ix_comments_article_queue", "article_id", "state", sa.text("risk DESC"), "id"),
        # Few comments answer another, and hardly any is claimed or waits for an owner; NULL and '' need no place.
        _index_where("ix_comments_replies", "parent_external_id <> ''", "site_id", "parent_external_id", "id"),
        _index_where("ix_comments_claimed", "claimed_by IS NOT NULL", "site_id", "claimed_until"),
        _index_where("ix_comments_escalated", "escalated_by IS NOT NULL", "escalated_by", "id"),
    )


class CommentMark(Base):
    """What a comment is found by besides its state: the code of a reason, or an open matter (`Matter`).

    State and risk are repeated here, so that one index both filters and sorts; `recording` keeps them equal.
    """

    __tablename__ = "comment_marks"

    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    code: so.Mapped[str] = so.mapped_column(sa.String(40), primary_key=True)
    site_id: so.Mapped[uuid.UUID] = _site()
    state: so.Mapped[State] = so.mapped_column(choice(State, "state"))
    risk: so.Mapped[float]

    comment: so.Mapped[Comment] = so.relationship(lazy="raise")  # so that the comment is written first

    __table_args__ = (
        sa.Index("ix_comment_marks_queue", "site_id", "code", "state", sa.text("risk DESC"), "comment_id"),
        sa.Index("ix_comment_marks_by_state", "site_id", "code", "state", "comment_id"),
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
    first_password_ends_at: so.Mapped[datetime | None]  # None: they chose the one they have
    preferences: so.Mapped[dict[str, Any]] = so.mapped_column(default=dict, server_default="{}")
    totp_secret: so.Mapped[bytes | None]  # encrypted with the installation's key
    totp_confirmed_at: so.Mapped[datetime | None]  # None: not asked for at sign-in yet
    totp_last_step: so.Mapped[int | None]  # a code is good once
    disabled_at: so.Mapped[datetime | None]
    created_at: so.Mapped[datetime] = _created()


class RecoveryCode(Base):
    """Stands in once for a TOTP code; using it deletes the row."""

    __tablename__ = "recovery_codes"

    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("moderators.id", ondelete="CASCADE"), primary_key=True
    )
    code_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32), primary_key=True)


class Membership(Base):
    """What a moderator may do on a site."""

    __tablename__ = "memberships"

    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("moderators.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    role: so.Mapped[Role] = so.mapped_column(choice(Role, "role"))
    mail: so.Mapped[Mail] = so.mapped_column(choice(Mail, "mail"), default=Mail.NEVER, server_default="never")
    mailed_at: so.Mapped[datetime | None]
    mail_told_to: so.Mapped[datetime | None]  # nothing that came before then is news any more
    mail_next_at: so.Mapped[datetime | None]  # no mail before then
    mail_failures: so.Mapped[int] = so.mapped_column(default=0, server_default="0")  # in a row
    mail_error: so.Mapped[str] = so.mapped_column(sa.String(200), default="", server_default="")

    moderator: so.Mapped[Moderator] = so.relationship(lazy="raise")
    site: so.Mapped[Site] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "site_id"),)


class ModeratorSession(Base):
    """A sign-in. The browser holds a random token, we hold its hash: deleting the row ends it."""

    __tablename__ = "moderator_sessions"

    token_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32), primary_key=True)
    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("moderators.id", ondelete="CASCADE"))
    created_at: so.Mapped[datetime] = _created()
    seen_at: so.Mapped[datetime] = _created()
    user_agent: so.Mapped[str] = so.mapped_column(sa.String(300), default="", server_default="")

    moderator: so.Mapped[Moderator] = so.relationship(lazy="raise")

    __table_args__ = (sa.Index(None, "moderator_id"), sa.Index(None, "created_at"))


class HardSight(Base):
    """That a moderator had a hard comment before their eyes, and when last; kept for a day or two, for them alone."""

    __tablename__ = "hard_sights"

    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("moderators.id", ondelete="CASCADE"), primary_key=True
    )
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: so.Mapped[datetime]

    __table_args__ = (sa.Index(None, "moderator_id", "seen_at"), sa.Index(None, "comment_id"))


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
    reason_code: so.Mapped[str] = so.mapped_column(sa.String(40), default="", server_default="")  # of the site's list
    escalates: so.Mapped[bool] = so.mapped_column(default=False, server_default=sa.false())
    batch_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("batches.id"))
    undoes: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("decisions.id"))
    receipt: so.Mapped[dict[str, Any]]
    created_at: so.Mapped[datetime] = _created()

    comment: so.Mapped[Comment] = so.relationship(lazy="raise", overlaps="decisions")
    moderator: so.Mapped[Moderator | None] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.UniqueConstraint("comment_id", "version"),
        sa.CheckConstraint("(actor = 'moderator') = (moderator_id IS NOT NULL)", "moderator_is_named"),
        sa.Index("ix_decisions_history", "site_id", "actor", "id"),
        sa.Index("ix_decisions_by_moderator", "moderator_id", "id"),
        _index_where("ix_decisions_by_batch", "batch_id IS NOT NULL", "batch_id", "id"),
        sa.Index(None, "undoes"),
    )


class Batch(Base):
    """Many comments of a site decided at once: what was asked for, the sample looked at first, what came of it.

    It is drawn first and started later, if at all.
    """

    __tablename__ = "batches"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("moderators.id"))
    action: so.Mapped[Action] = so.mapped_column(choice(Action, "action"))
    reason_code: so.Mapped[str] = so.mapped_column(sa.String(40), default="")
    note: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    query: so.Mapped[dict[str, Any]]  # the filters, as the page had them
    sample: so.Mapped[list[Any]]  # [{"comment_id": ..., "bad": true, false or null}, ...]
    chosen: so.Mapped[list[Any] | None] = so.mapped_column(Json, deferred=True)  # [[comment_id, version], ...]
    size: so.Mapped[int] = so.mapped_column(default=0, server_default="0")  # how many were chosen
    done: so.Mapped[int] = so.mapped_column(default=0)
    skipped: so.Mapped[int] = so.mapped_column(default=0)  # somebody else's claim or decision was first
    restored: so.Mapped[int] = so.mapped_column(default=0, server_default="0")  # of those done, taken back
    created_at: so.Mapped[datetime] = _created()
    started_at: so.Mapped[datetime | None]
    finished_at: so.Mapped[datetime | None]
    lease_until: so.Mapped[datetime | None]  # somebody works on it until then
    undo_asked_at: so.Mapped[datetime | None]
    undone_at: so.Mapped[datetime | None]
    undone_by: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("moderators.id"))

    moderator: so.Mapped[Moderator] = so.relationship(lazy="raise", foreign_keys=[moderator_id])
    undoer: so.Mapped[Moderator | None] = so.relationship(lazy="raise", foreign_keys=[undone_by])

    __table_args__ = (sa.Index("ix_batches_by_site", "site_id", "id"), sa.Index(None, "moderator_id"))


class Note(Base):
    """What moderators tell each other about a comment or about an author; nobody else reads it."""

    __tablename__ = "notes"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    author_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("authors.id", ondelete="CASCADE"))
    moderator_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("moderators.id"))
    text: so.Mapped[str] = so.mapped_column(sa.Text)
    created_at: so.Mapped[datetime] = _created()

    moderator: so.Mapped[Moderator] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.CheckConstraint("(comment_id IS NULL) <> (author_id IS NULL)", "about_one_thing"),
        _index_where("ix_notes_by_comment", "comment_id IS NOT NULL", "comment_id", "id"),
        _index_where("ix_notes_by_author", "author_id IS NOT NULL", "author_id", "id"),
    )


class Appeal(Base):
    """A commenter's objection, once a comment, and what a moderator answered."""

    __tablename__ = "appeals"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"), unique=True)
    text: so.Mapped[str] = so.mapped_column(sa.Text)
    created_at: so.Mapped[datetime] = _created()
    answer: so.Mapped[str] = so.mapped_column(sa.Text, default="")
    answered_at: so.Mapped[datetime | None]
    decision_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("decisions.id"))

    decision: so.Mapped[Decision | None] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.CheckConstraint("(answered_at IS NULL) = (decision_id IS NULL)", "answer_is_a_decision"),
        sa.Index(None, "decision_id"),
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


class Label(Base):
    """What people outside say of a text: how much of an attribute it has, from 0 to 1. The newest one counts.

    The text may be of a comment that was never stored here; `external_id` is the blog's id of it, where it names one.
    """

    __tablename__ = "labels"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    external_id: so.Mapped[str] = so.mapped_column(sa.String(200), default="")
    text: so.Mapped[str] = so.mapped_column(sa.Text)
    text_sha256: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32))
    language: so.Mapped[str] = so.mapped_column(sa.String(35), default="")
    attribute: so.Mapped[str] = so.mapped_column(sa.String(40))
    score: so.Mapped[float]
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (
        sa.CheckConstraint("score >= 0 AND score <= 1", "score_is_a_share"),
        sa.Index("ix_labels_by_text", "site_id", "text_sha256"),
        _index_where("ix_labels_by_comment", "external_id <> ''", "site_id", "external_id"),
        sa.Index(None, "comment_id"),
    )


class Event(Base):
    """The outbox: what a blog has to be told. Written in the decision's transaction."""

    __tablename__ = "outbox"

    id: so.Mapped[uuid.UUID] = _key()
    site_id: so.Mapped[uuid.UUID] = _site()
    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    decision_id: so.Mapped[uuid.UUID | None] = so.mapped_column(sa.ForeignKey("decisions.id"))
    type: so.Mapped[str] = so.mapped_column(sa.String(40))
    payload: so.Mapped[dict[str, Any]]
    state: so.Mapped[EventState] = so.mapped_column(choice(EventState, "state"))
    due_at: so.Mapped[datetime]
    attempts: so.Mapped[int] = so.mapped_column(default=0)
    lease_token: so.Mapped[uuid.UUID | None]
    last_error: so.Mapped[str] = so.mapped_column(sa.String(300), default="")
    created_at: so.Mapped[datetime] = _created()

    comment: so.Mapped[Comment] = so.relationship(lazy="raise")
    decision: so.Mapped[Decision | None] = so.relationship(lazy="raise")

    __table_args__ = (
        sa.Index("ix_outbox_due", "state", "due_at"),
        sa.Index("ix_outbox_by_site", "site_id", "state", "id"),
        sa.Index(None, "comment_id"),
        sa.Index(None, "decision_id"),
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


class AkismetCallback(Base):
    """Where the blog's Akismet plugin wants to hear what became of a comment, and what it finds it by there."""

    __tablename__ = "akismet_callbacks"

    comment_id: so.Mapped[uuid.UUID] = so.mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    url: so.Mapped[str] = so.mapped_column(sa.String(2000))
    post_id: so.Mapped[str] = so.mapped_column(sa.String(200), default="")
    email: so.Mapped[str] = so.mapped_column(sa.String(320), default="")  # as it was sent


class AkismetUsage(Base):
    """What Akismet's clients asked of a site in a month (`YYYY-MM`)."""

    __tablename__ = "akismet_usage"

    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    month: so.Mapped[str] = so.mapped_column(sa.String(7), primary_key=True)
    spam: so.Mapped[int] = so.mapped_column(default=0)
    ham: so.Mapped[int] = so.mapped_column(default=0)
    missed_spam: so.Mapped[int] = so.mapped_column(default=0)
    false_positives: so.Mapped[int] = so.mapped_column(default=0)


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


class Tally(Base):
    """How often something happened on a site in an hour, a day of UTC, or a stretch: what the pages of insight add up.

    `start` is in hours since 1970, for a day that of its first hour. `tallies` says what `kind` and `key` are.
    `hours` are the 24 counts of a day, of the kinds that are drawn by hour.
    """

    __tablename__ = "tallies"

    site_id: so.Mapped[uuid.UUID] = so.mapped_column(sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    size: so.Mapped[Size] = so.mapped_column(choice(Size, "size"), primary_key=True)
    kind: so.Mapped[str] = so.mapped_column(sa.String(20), primary_key=True)
    start: so.Mapped[int] = so.mapped_column(primary_key=True, autoincrement=False)
    key: so.Mapped[str] = so.mapped_column(sa.String(80), primary_key=True)
    count: so.Mapped[int]
    hours: so.Mapped[str | None] = so.mapped_column(sa.Text)

    __table_args__ = (sa.Index("ix_tallies_by_start", "start"), {"sqlite_with_rowid": False})


class TallyProgress(Base):
    """One row: everything before `until` is in the tallies."""

    __tablename__ = "tally_progress"

    id: so.Mapped[int] = so.mapped_column(primary_key=True, autoincrement=False)
    until: so.Mapped[datetime]

    __table_args__ = (sa.CheckConstraint("id = 1", "one_row"),)


class AuditEntry(Base):
    """One thing that happened and must not be rewritten. It is written with what it records, and linked soon after.

    The entry of a decision has that decision's id. There are no foreign keys: the log outlives what it tells of.
    """

    __tablename__ = "audit_log"

    id: so.Mapped[uuid.UUID] = _key()
    chain_id: so.Mapped[uuid.UUID]  # a site, or `audit.INSTALLATION`
    number: so.Mapped[int | None]  # its place in the chain; None until it is linked
    kind: so.Mapped[str] = so.mapped_column(sa.String(20))
    actor: so.Mapped[str] = so.mapped_column(sa.String(20))
    moderator_id: so.Mapped[uuid.UUID | None]
    content: so.Mapped[dict[str, Any] | None] = so.mapped_column(Json)  # None: of a decision from before the log
    previous: so.Mapped[bytes | None] = so.mapped_column(sa.LargeBinary(32))
    hash: so.Mapped[bytes | None] = so.mapped_column(sa.LargeBinary(32))
    created_at: so.Mapped[datetime] = _created()

    __table_args__ = (
        sa.UniqueConstraint("chain_id", "number"),
        sa.CheckConstraint(
            "(number IS NULL) = (hash IS NULL) AND (hash IS NULL) = (previous IS NULL)", "linked_or_not"
        ),
        sa.CheckConstraint("number IS NULL OR content IS NOT NULL", "linked_is_whole"),
        _index_where("ix_audit_log_waiting", "number IS NULL", "chain_id", "id"),
    )


class AuditHead(Base):
    """Where a chain ends. Whoever links holds this row."""

    __tablename__ = "audit_heads"

    chain_id: so.Mapped[uuid.UUID] = so.mapped_column(primary_key=True)
    number: so.Mapped[int]
    hash: so.Mapped[bytes] = so.mapped_column(sa.LargeBinary(32))
