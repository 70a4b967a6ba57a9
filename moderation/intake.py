"""A comment arrives: scored, decided, and stored with its decision and event, in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State, Submission
from moderation.domain.decision import Reason, Source, Verdict, receipt
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import Context
from moderation.domain.signals import Signal, SignalCode
from moderation.domain.standing import Standing
from moderation.recording import describe, record
from moderation.scoring import Assessment, Request, Scorer
from moderation.storage import authors, comments, idempotency
from moderation.storage.engine import Database
from moderation.storage.policies import current_policy
from moderation.storage.tables import Article, Comment, Decision, Site

# Two first deliveries of one comment (or of one author's) can meet on PostgreSQL; the loser looks again.
WRITE_ATTEMPTS = 5

_SIGNAL_OF = {
    Standing.TRUSTED: SignalCode.AUTHOR_TRUSTED,
    Standing.WATCHED: SignalCode.AUTHOR_WATCHED,
    Standing.BLOCKED: SignalCode.AUTHOR_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An `Idempotency-Key` or `webhook-id`, and a digest of the body it came with."""

    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """`results` in the order of the submissions; `created` when every one of them was new.

    `ids` are our keys by the blog's ids; an answer that is replayed has none.
    """

    results: list[dict[str, Any]]
    created: bool
    replayed: bool = False
    ids: Mapping[str, uuid.UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A submission with what was found out about it before the transaction."""

    submission: Submission
    article: Article | None
    assessment: Assessment
    verdict: Verdict


def submit(
    database: Database,
    scorer: Scorer,
    site: Site,
    submissions: Sequence[Submission],
    *,
    now: datetime,
    request_key: RequestKey | None = None,
) -> Answer:
    """Take comments in. The same comment again is answered, not stored; another text is an edit.

    Raises:
        KeyReused, StillRunning: what *request_key* says of an earlier request.
    """
    if request_key is None:
        return _submit(database, scorer, site, submissions, now, None)
    with database.write() as session:
        earlier = idempotency.begin(
            session, site_id=site.id, key=request_key.key, request_sha256=request_key.body_sha256, now=now
        )
    if earlier is not None and earlier.response is not None:
        return Answer(earlier.response["results"], created=earlier.status == 201, replayed=True)
    try:
        return _submit(database, scorer, site, submissions, now, request_key)
    except BaseException:
        with database.write() as session:
            idempotency.forget(session, site_id=site.id, key=request_key.key)
        raise


def _submit(
    database: Database,
    scorer: Scorer,
    site: Site,
    submissions: Sequence[Submission],
    now: datetime,
    request_key: RequestKey | None,
) -> Answer:
    policy, prepared = _prepare(database, scorer, site, submissions, now)
    for attempt in range(WRITE_ATTEMPTS):
        try:
            with database.write() as session:
                answer = _store_all(session, site, policy, prepared, now)
                if request_key is not None:
                    idempotency.finish(
                        session,
                        site_id=site.id,
                        key=request_key.key,
                        status=201 if answer.created else 200,
                        response={"results": answer.results},
                    )
            return answer
        except sa.exc.IntegrityError:
            if attempt == WRITE_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _prepare(
    database: Database, scorer: Scorer, site: Site, submissions: Sequence[Submission], now: datetime
) -> tuple[Policy, list[_Prepared]]:
    with database.read() as session:
        policy = current_policy(session, site)
        articles = [
            comments.find_article(session, site.id, item.article.id) if item.article else None for item in submissions
        ]
        known = [
            _repeat_signals(session, site, policy, item, now) + _author_signals(session, site, item, now)
            for item in submissions
        ]
    requests = [
        Request(item.text, _context(item, article), item.language)
        for item, article in zip(submissions, articles, strict=True)
    ]
    assessments = scorer.assess(policy, requests)
    prepared = []
    for item, article, more, found in zip(submissions, articles, known, assessments, strict=True):
        assessment = replace(found, signals=found.signals + more)
        verdict = decide(policy, assessment.reading, assessment.signals)
        prepared.append(_Prepared(item, article, assessment, verdict))
    return policy, prepared


def _context(submission: Submission, stored: Article | None) -> Context:
    sent = submission.article
    return Context(
        title=(sent.title if sent else "") or (stored.title if stored else ""),
        article=(sent.text if sent and sent.text else "") or (stored.text if stored else ""),
        parent=submission.parent.text if submission.parent else "",
    )


def _repeat_signals(
    session: so.Session, site: Site, policy: Policy, submission: Submission, now: datetime
) -> tuple[Signal, ...]:
    if policy.repeats is None:
        return ()
    count = comments.count_same_text(
        session,
        site.id,
        comments.text_sha256(submission.text),
        since=now - timedelta(hours=policy.repeat_hours),
        except_id=submission.id,
    )
    return (Signal(SignalCode.REPEATED_TEXT, value=str(count)),) if count > policy.repeats else ()


def _author_signals(session: so.Session, site: Site, submission: Submission, now: datetime) -> tuple[Signal, ...]:
    """What the site's people think of the author, while it lasts; else whether the blog vouches for them."""
    found = authors.standing_of(session, site.id, submission.author, now) if submission.author else None
    if found is None:
        return (Signal(SignalCode.AUTHOR_TRUSTED, value="by the blog"),) if submission.vouched_for else ()
    until = f"until {found.until:%Y-%m-%d}" if found.until else ""
    return (Signal(_SIGNAL_OF[found.standing], value=until),)


def _store_all(session: so.Session, site: Site, policy: Policy, prepared: Sequence[_Prepared], now: datetime) -> Answer:
    results, ids, created = [], {}, True
    for item in prepared:
        comment, decision, is_new = _store(session, site, policy, item, now)
        results.append(describe(comment, decision))  # at once: the batch may hold the comment again
        ids[comment.external_id] = comment.id
        created &= is_new
    return Answer(results, created, ids=ids)


def _store(
    session: so.Session, site: Site, policy: Policy, item: _Prepared, now: datetime
) -> tuple[Comment, Decision, bool]:
    """Write one comment down, or see that it is there already: what it rests on now, and whether it was new."""
    comment = comments.lock_comment(session, site.id, item.submission.id)
    if comment is None:
        return *_insert(session, site, policy, item, now), True
    if comment.state is State.ERASED:
        return comment, comments.latest_decision(session, comment), False
    if comment.text == item.submission.text:
        return comment, _again(session, site, policy, comment, item, now), False
    comments.keep_revision(session, comment, now)
    comment.text = item.submission.text
    comment.text_sha256 = comments.text_sha256(item.submission.text)
    return comment, _decide_again(session, site, policy, comment, item, now), False


def _insert(
    session: so.Session, site: Site, policy: Policy, item: _Prepared, now: datetime
) -> tuple[Comment, Decision]:
    sent = item.submission
    article = _article(session, site, item, now)
    author = comments.keep_author(session, site, sent.author, now) if sent.author else None
    comment = Comment(
        site_id=site.id,
        external_id=sent.id,
        article_id=article.id if article else None,
        author_id=author.id if author else None,
        author_name=sent.author.name if sent.author else "",
        author_ip=sent.author.ip if sent.author else "",
        parent_external_id=sent.parent.id if sent.parent else "",
        parent_text=sent.parent.text if sent.parent else "",
        text=sent.text,
        text_sha256=comments.text_sha256(sent.text),
        language=sent.language,
        permalink=sent.permalink,
        posted_at=sent.created_at,
        revision=1,
        version=0,
        risk=item.verdict.risk,
        open_reports=0,
        decided_by_person=False,
        created_at=now,
    )
    decision = record(
        session,
        site,
        comment,
        item.verdict.action,
        actor=Actor.MACHINE,
        receipt=_receipt(item, item.verdict, policy),
        now=now,
        article=article,
    )
    return comment, decision


def _article(session: so.Session, site: Site, item: _Prepared, now: datetime) -> Article | None:
    """The comment's article; read once before the transaction, and again only if it has to be written."""
    sent, known = item.submission.article, item.article
    if sent is None:
        return None
    changed = known is None or any(
        value and value != getattr(known, name)
        for name, value in {"url": sent.url, "title": sent.title, "text": sent.text}.items()
    )
    return comments.keep_article(session, site, sent, now) if changed else known


def _again(
    session: so.Session, site: Site, policy: Policy, comment: Comment, item: _Prepared, now: datetime
) -> Decision:
    """The same text once more: the answer stands, unless it was never scored and now it is."""
    latest = comments.latest_decision(session, comment)
    unscored = latest.actor is Actor.MACHINE and latest.receipt.get("model") is None
    if unscored and not comment.decided_by_person and item.assessment.reading is not None:
        return _decide_again(session, site, policy, comment, item, now)
    return latest


def _decide_again(
    session: so.Session, site: Site, policy: Policy, comment: Comment, item: _Prepared, now: datetime
) -> Decision:
    verdict = _after_person(item.verdict) if comment.decided_by_person else item.verdict
    comment.risk = verdict.risk
    return record(
        session,
        site,
        comment,
        verdict.action,
        actor=Actor.MACHINE,
        receipt=_receipt(item, verdict, policy),
        now=now,
        article=comment.article,
    )


def _after_person(verdict: Verdict) -> Verdict:
    """What a person decided about an earlier text, the machine does not publish in a later one."""
    if verdict.action is not Action.PUBLISH:
        return verdict
    reason = Reason("edited_after_decision", Source.HISTORY, Action.HOLD)
    return replace(verdict, action=Action.HOLD, reasons=(*verdict.reasons, reason))


def _receipt(item: _Prepared, verdict: Verdict, policy: Policy) -> dict[str, Any]:
    return receipt(verdict, item.assessment.reading, item.assessment.signals, policy.version)
