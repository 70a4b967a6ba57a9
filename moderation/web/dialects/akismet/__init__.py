"""Akismet's protocol, 1.1 and 1.2: a check is a comment of the site, a report is a decision of its staff."""

import uuid
from datetime import datetime

import sqlalchemy.orm as so
from flask import Response, g

from moderation import intake, labelling, review
from moderation.domain.comment import Action, State
from moderation.domain.errors import IllegalTransition, NotSignedIn
from moderation.domain.policy import decide
from moderation.domain.reading import SPAM
from moderation.scoring import Request
from moderation.storage import akismet, comments
from moderation.storage.policies import current_policy
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from moderation.web.dialect import Caller, Dialect
from moderation.web.dialects.akismet import answers, comment, usage
from moderation.web.dialects.akismet.fields import Fields, fields, is_true, key
from moderation.web.dialects.akismet.routes import blueprint, call
from moderation.web.services import services
from moderation.webhooks.akismet import is_of_blog

# Known to Akismet's clients as results that never change. A stranger's name must not be a switch, so: in tests only.
TEST_NAMES = {"viagra-test-123", "akismet-guaranteed-spam"}
TEST_EMAIL = "akismet-guaranteed-spam@example.com"


@call("verify-key", "GET", "POST")
def verify_key() -> Response:
    """Whoever gets here has a key that is."""
    return answers.plain("valid")


@call("comment-check", "POST")
def comment_check() -> Response:
    """Take a comment in and say what becomes of it, as far as two words can."""
    sent, now = fields(), utc_now()
    submission = comment.submission(sent)
    if is_true(sent.get("is_test")):
        return answers.verdict(_test_state(sent), g.akismet_key, uuid.uuid4().hex)
    intake.submit(services().database, services().scorer, g.site, [submission], now=now)
    with services().database.write() as session:
        row = comments.lock_comment(session, g.site.id, submission.id)
        assert row is not None  # noqa: S101 - it was stored, and rows of comments stay
        state = row.state
        _keep_callback(session, row, sent)
        field = "ham" if answers.is_ham(state, g.akismet_key) else "spam"
        akismet.count(session, g.site.id, usage.month_of(now), field)
    return answers.verdict(state, g.akismet_key, row.id.hex)


def _test_state(sent: Fields) -> State:
    """What a check would lead to, with nothing stored."""
    if sent.get("comment_author") in TEST_NAMES or sent.get("comment_author_email") == TEST_EMAIL:
        return State.SPAM
    if "administrator" in comment.roles(sent):
        return State.PUBLISHED
    with services().database.read() as session:
        policy = current_policy(session, g.site)
    [found] = services().scorer.assess(policy, [Request(comment.text(sent))])
    action = decide(policy, found.reading, found.signals).action
    return {Action.PUBLISH: State.PUBLISHED, Action.HOLD: State.HELD}.get(action, State.REJECTED)


def _keep_callback(session: so.Session, row: Comment, sent: Fields) -> None:
    """Outcomes carry the key, so they go to the registered blog and nowhere else."""
    url, networks = sent.get("callback", ""), services().settings.webhook_networks
    if row.state is State.ERASED or len(url) > 2000 or not is_of_blog(url, g.akismet_key.blog, networks):
        return
    post_id, email = sent.get("comment_post_ID", "")[:200], sent.get("comment_author_email", "")[:320]
    akismet.keep_callback(session, row, url=url, post_id=post_id, email=email)


@call("submit-spam", "POST")
def submit_spam() -> Response:
    """The blog's staff call it spam."""
    return _decided(Action.SPAM, "missed_spam")


@call("submit-ham", "POST")
def submit_ham() -> Response:
    """The blog's staff published it."""
    return _decided(Action.PUBLISH, "false_positives")


def _decided(action: Action, counted_as: str) -> Response:
    """Write the staff's decision down, and learn from it; a comment that was never checked here is taken in with it."""
    sent, now = fields(), utc_now()
    if not is_true(sent.get("is_test")):
        _decide(sent, action, now)
        with services().database.write() as session:
            akismet.count(session, g.site.id, usage.month_of(now), counted_as)
    return answers.plain(answers.THANKS)


def _decide(sent: Fields, action: Action, now: datetime) -> None:
    database = services().database
    with database.read() as session:
        found = comment.find(session, g.site, sent)
    if found is None:
        submission = comment.submission(sent)
        intake.submit(database, services().scorer, g.site, [submission], now=now)
    external_id = submission.id if found is None else found.external_id
    try:
        row, _ = review.decide_at_blog(database, g.site, external_id, action=action, note="", now=now)
    except IllegalTransition:
        return  # it is erased: there is nothing left to decide on
    says = {SPAM: 1.0 if action is Action.SPAM else 0.0}
    labelling.suggest_scores(database, g.site, row.text or "", says, now=now, external_id=external_id)


def caller() -> Caller:
    """Whose key it is, wherever the client put it.

    Raises:
        NotSignedIn: there is none, or it is none of ours.
    """
    sent, now, settings = key(), utc_now(), services().settings
    if not sent:
        raise NotSignedIn(code="credentials-missing")
    with services().database.read() as session:
        row = akismet.find_key(session, sent, settings.secret_key, now)
    if row is None:
        raise NotSignedIn(code="api-key-invalid")
    if row.last_used_on is None or row.last_used_on < now.date():
        with services().database.write() as session:
            akismet.note_use(session, row, now.date())
    g.akismet_key = row
    return Caller(row.site, f"akismet:{row.id}")


DIALECT = Dialect(blueprint, paths=("/1.1", "/1.2"), caller=caller, refuse=answers.refuse)
