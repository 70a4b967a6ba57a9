"""A moderator's own account: sign-ins that hold, the password, two-step sign-in."""

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import second_factor
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.passwords import MAX_LENGTH, MIN_LENGTH, hash_password, password_fits
from moderation.storage import moderators
from moderation.storage.secrets import decrypt
from moderation.storage.tables import Moderator
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, lacks_second_step, renew_session
from moderation.web.account import preferences as account_preferences
from moderation.web.account.browsers import browser_name
from moderation.web.account.picture import picture
from moderation.web.account.sign_in import TOO_OFTEN, WRONG_CODE, code_fits
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.times import when
from moderation.web.translation import gettext, lazy_gettext

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.before_request(refuse_cross_origin)

blueprint.register_blueprint(account_preferences.blueprint)

log = structlog.get_logger(__name__)

NOT_YOURS = lazy_gettext("This is not your present password.")


class Refused(Exception):
    """A form of the page was not taken; it is shown again with the reason beside it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@blueprint.get("")
@for_moderators
def account() -> str:
    return _page()


@blueprint.post("/password")
@for_moderators
def change_password() -> ResponseReturnValue:
    """A new password; every other sign-in ends, this one stays."""
    new = request.form.get("new", "")
    try:
        _check_password()
        if new != request.form.get("again", ""):
            raise Refused(gettext("The two new passwords are not the same."), 422)
        hashed = hash_password(new, about=(g.moderator.email, g.moderator.name))
    except Refused as refused:
        return _page("password", str(refused)), refused.status
    except InvalidRequest as error:
        return _page("password", error.said(gettext)), 422
    with services().database.write() as session:
        moderators.set_password(session, g.moderator, hashed)
        moderators.close_other_sessions(session, g.session)
    log.info("password_changed", moderator=str(g.moderator.id))
    return _done(gettext("Your password is changed, and you are signed out everywhere else."))


@blueprint.post("/sessions/<name>/end")
@for_moderators
def end_session(name: str) -> ResponseReturnValue:
    """End one sign-in of one's own, named by its hash."""
    try:
        token_sha256 = bytes.fromhex(name)
    except ValueError:
        token_sha256 = b""
    with services().database.write() as session:
        ended = moderators.revoke_session(session, g.moderator, token_sha256)
    if not ended:
        raise NotFound("You have no such sign-in, or it has ended already.")
    return _done(gettext("That sign-in has ended."))


@blueprint.post("/sessions/end-others")
@for_moderators
def end_other_sessions() -> ResponseReturnValue:
    """End every sign-in but this one."""
    with services().database.write() as session:
        moderators.close_other_sessions(session, g.session)
    return _done(gettext("You are signed out everywhere else."))


@blueprint.post("/two-step/begin")
@for_moderators
def begin() -> ResponseReturnValue:
    """A secret for the moderator's app; it counts once a first code was typed."""
    try:
        _check_password()
    except Refused as refused:
        return _page("two-step", str(refused)), refused.status
    secret = second_factor.begin(services().database, g.moderator, secret_key=services().settings.secret_key)
    return _secret_page(secret)


@blueprint.post("/two-step/confirm")
@for_moderators
def confirm() -> ResponseReturnValue:
    """Switch two-step sign-in on with a first code; the recovery codes are on this page alone."""
    database, secret_key = services().database, services().settings.secret_key
    try:
        codes = second_factor.confirm(
            database, g.moderator, request.form.get("code", "")[:64], secret_key=secret_key, now=utc_now()
        )
    except InvalidRequest:
        with database.read() as session:
            stored = session.get_one(Moderator, g.moderator.id).totp_secret
        return _secret_page(decrypt(stored, secret_key) if stored else "", WRONG_CODE), 422
    log.info("two_step_on", moderator=str(g.moderator.id))
    return _codes_page(codes)


@blueprint.post("/two-step/codes")
@for_moderators
def renew_codes() -> ResponseReturnValue:
    """New recovery codes; the old ones are worth nothing any more."""
    try:
        _check_password()
        _check_code()
    except Refused as refused:
        return _page("two-step", str(refused)), refused.status
    return _codes_page(second_factor.renew_recovery_codes(services().database, g.moderator))


@blueprint.post("/two-step/off")
@for_moderators
def switch_off() -> ResponseReturnValue:
    """Sign in with the password alone from now on."""
    try:
        _check_password()
        _check_not_asked_for()
        _check_code()  # last: a recovery code is good once
    except Refused as refused:
        return _page("two-step", str(refused)), refused.status
    second_factor.switch_off(services().database, g.moderator)
    log.info("two_step_off", moderator=str(g.moderator.id))
    return _done(gettext("Two-step sign-in is off."))


def _check_password() -> None:
    """Ask for the present password, so that an open browser alone changes nothing of the account.

    Raises:
        Refused: it is wrong, or was tried too often.
    """
    address = request.remote_addr or ""
    if not services().sign_ins.may_try(g.moderator.email, address):
        raise Refused(TOO_OFTEN, 429)
    if not password_fits(g.moderator.password_hash, request.form.get("password", "")):
        raise Refused(NOT_YOURS, 422)
    services().sign_ins.succeeded(g.moderator.email, address)
    renew_session()


def _check_code() -> None:
    if not services().codes.may_try(str(g.moderator.id)):
        raise Refused(TOO_OFTEN, 429)
    if not code_fits(g.moderator, request.form.get("code", "")):
        raise Refused(WRONG_CODE, 422)
    services().codes.succeeded(str(g.moderator.id))


def _check_not_asked_for() -> None:
    if g.asked_for_two_step:
        raise Refused(gettext("A site that you work on asks for two-step sign-in."), 409)


def _done(sentence: str) -> ResponseReturnValue:
    flash(sentence, "note")
    return redirect(url_for("account.account"), 303)


def _page(form: str = "", message: str = "") -> str:
    """The whole page; *message* stands in the form that was refused."""
    now = utc_now()
    with services().database.read() as session:
        rows = [
            {
                "name": row.token_sha256.hex(),
                "browser": browser_name(row.user_agent),
                "created": when(row.created_at, now),
                "seen": when(row.seen_at, now),
                "is_this": row.token_sha256 == g.session.token_sha256,
            }
            for row in moderators.sessions_of(session, g.moderator, now)
        ]
        return page(
            "account.html",
            session,
            sign_ins=rows,
            two_step=second_factor.is_on(g.moderator),
            two_step_is_due=lacks_second_step(),
            codes_left=second_factor.recovery_codes_left(session, g.moderator),
            lengths=(MIN_LENGTH, MAX_LENGTH),
            is_first=g.moderator.first_password_ends_at is not None,
            refused={form: message} if message else {},
        )


def _secret_page(secret: str, message: str = "") -> str:
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    address = second_factor.address(g.moderator, secret)
    with services().database.read() as session:
        return page(
            "account_two_step.html",
            session,
            groups=groups,
            address=address,
            picture=picture(address),
            message=message,
        )


def _codes_page(codes: list[str]) -> str:
    with services().database.read() as session:
        return page("account_codes.html", session, codes=codes)
