"""A reader reports a comment; enough of them hold a published one until a person has looked."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from moderation.domain.comment import Action, Actor, State
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import NotFound
from moderation.recording import describe, record
from moderation.storage import comments, marks
from moderation.storage.engine import Database
from moderation.storage.marks import Matter
from moderation.storage.policies import current_policy
from moderation.storage.tables import Report, Site


def report(
    database: Database, site: Site, external_id: str, *, reporter: str | None, reason: str, now: datetime
) -> dict[str, Any]:
    """Keep a report; a reader who is named counts once. Answers the comment as it stands then.

    Raises:
        NotFound: the site has no such comment, or it is erased.
    """
    with database.write() as session:
        comment = comments.lock_comment(session, site.id, external_id)
        if comment is None or comment.state is State.ERASED:
            raise NotFound("This site has no comment with this id.")
        latest = comments.latest_decision(session, comment)
        known = reporter is not None and session.scalar(
            sa.select(Report.id).where(Report.comment_id == comment.id, Report.reporter == reporter)
        )
        if known:
            return describe(comment, latest)
        session.add(Report(site_id=site.id, comment_id=comment.id, reporter=reporter, reason=reason, created_at=now))
        comment.open_reports += 1
        marks.open_matter(session, comment, Matter.REPORTED)
        policy = current_policy(session, site)
        enough = policy.hold_after_reports is not None and comment.open_reports >= policy.hold_after_reports
        # After a person has decided, readers alone no longer take a comment down.
        if enough and comment.state is State.PUBLISHED and not comment.decided_by_person:
            reason_found = Reason("reported", Source.REPORT, Action.HOLD, value=str(comment.open_reports))
            latest = record(
                session,
                site,
                comment,
                Action.HOLD,
                actor=Actor.MACHINE,
                receipt={**latest.receipt, "reasons": [reason_found.as_dict()]},
                now=now,
                article=comment.article,
            )
        return describe(comment, latest)
