"""Signing in and out: a password, and a code where one is asked for, for a server-side session.

Between the two steps the browser holds a signed note of whose password was right; it opens nothing by itself.
"""

import hashlib
import uuid
from datetime import datetime, timedelta

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from moderation import claims, second_factor
from moderation.passwords import password_fits
from moderation.storage import moderators
from moderation.storage.tables import Moderator
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, open_to_all, readable_sites, session_cookie, set_session_cookie
from moderation.web.same_origin import local_path, refuse_cross_origin
from moderation.web.services import services
from moderation.web.translation import lazy_gettext

blueprint = Blueprint("sign_in", __name__)
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 60
MAX_EMAIL, MAX_CODE = 320, 64
HALF_WAY = "half_signed_in"
TIME_FOR_CODE = timedelta(minutes=5)
REFUSED = lazy_gettext("The e-mail address and the password do not belong together.")
ENDED = lazy_gettext("This first password has ended. Ask whoever gave it to you for another.")
UNDONE = lazy_gettext("You had been signed out, so nothing was changed. Sign in, then do it again.")
WRONG_CODE = lazy_gettext("This code is not right, or it was used before. A new one comes every half minute.")
TOO_OFTEN = lazy_gettext(
    "That was tried a few times too often. Please wait a minute, then try again; nothing is locked."
)


@blueprint.get("/sign-in")
@open_to_all
def form() -> str:
    message = UNDONE if "undone" in request.args else ""
    return render_template("sign_in.html", next=local_path(request.args.get("next")), message=message)


@blueprint.post("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    email, address = request.form.get("email", "")[:MAX_EMAIL], request.remote_addr or ""
    if not services().sign_ins.may_try(email, address):
        log.warning("sign_in_throttled")
        return _again(TOO_OFTEN, email, 429)
    moderator = _moderator(email, request.form.get("password", ""))
    if moderator is None:
        return _again(REFUSED, email, 401)
    services().sign_ins.succeeded(email, address)
    if moderator.first_password_ends_at is not None and moderator.first_password_ends_at <= utc_now():
        _note_refusal(moderator, "first_password_ended")
        return _again(ENDED, email, 401)
    following = local_path(request.form.get("next"))
    if second_factor.is_on(moderator):
        session.clear()
        session[HALF_WAY] = _note(moderator)
        return redirect(url_for("sign_in.code_form", next=following), 303)
    return _signed_in(moderator, following)


@blueprint.get("/sign-in/code")
@open_to_all
def code_form() -> ResponseReturnValue:
    """The second step, after the password."""
    following = local_path(request.args.get("next"))
    if _half_signed_in() is None:
        return redirect(url_for("sign_in.form", next=following), 303)
    return render_template("sign_in_code.html", next=following)


@blueprint.post("/sign-in/code")
@open_to_all
def check_code() -> ResponseReturnValue:
    """A code of the app, or a recovery code."""
    following, moderator = local_path(request.form.get("next")), _half_signed_in()
    if moderator is None:
        return redirect(url_for("sign_in.form", next=following), 303)
    if not services().codes.may_try(str(moderator.id)):
        log.warning("sign_in_code_throttled", moderator=str(moderator.id))
        return _code_again(TOO_OFTEN, following, 429)
    if not code_fits(moderator, request.form.get("code", "")):
        log.warning("sign_in_code_refused", moderator=str(moderator.id))
        _note_refusal(moderator, "code")
        return _code_again(WRONG_CODE, following, 401)
    services().codes.succeeded(str(moderator.id))
    return _signed_in(moderator, following)


@blueprint.post("/sign-out")
@for_moderators
def sign_out() -> Response:
    claims.release_all(services().database, moderator=g.moderator, site_ids=readable_sites())
    with services().database.write() as transaction:
        moderators.close_session(transaction, request.cookies[session_cookie()])
    session.clear()
    response = make_response(redirect(url_for("sign_in.form"), 303))
    set_session_cookie(response, "", max_age=0)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _moderator(email: str, password: str) -> Moderator | None:
    """The moderator, if the password is theirs; every refusal takes as long as a wrong password."""
    with services().database.read() as transaction:
        moderator = moderators.moderator_by_email(transaction, email)
    fits = password_fits(moderator.password_hash if moderator else None, password)
    if moderator is None or not fits or moderator.disabled_at is not None:
        log.warning("sign_in_refused", moderator=str(moderator.id) if moderator else None)
        if moderator is not None:
            _note_refusal(moderator, "password" if moderator.disabled_at is None else "disabled")
        return None
    return moderator


def _note_refusal(moderator: Moderator, what: str) -> None:
    with services().database.write() as transaction:
        moderators.note_refusal(transaction, moderator, what, utc_now())


def code_fits(moderator: Moderator, code: str) -> bool:
    """Whether *code* is a second factor of the moderator; it is used up."""
    secret_key = services().settings.secret_key
    return second_factor.passes(services().database, moderator, code[:MAX_CODE], secret_key=secret_key, now=utc_now())


def _note(moderator: Moderator) -> dict[str, str]:
    """Whose password was right and when; a new password makes the note worthless."""
    return {"id": str(moderator.id), "at": utc_now().isoformat(), "password": _fingerprint(moderator)}


def _half_signed_in() -> Moderator | None:
    """The moderator who still has to give a code."""
    note = session.get(HALF_WAY)
    if note is None or utc_now() - datetime.fromisoformat(note["at"]) > TIME_FOR_CODE:
        return None
    with services().database.read() as transaction:
        moderator = transaction.get(Moderator, uuid.UUID(note["id"]))
    if moderator is None or moderator.disabled_at is not None or _fingerprint(moderator) != note["password"]:
        return None
    return moderator


def _fingerprint(moderator: Moderator) -> str:
    return hashlib.sha256(moderator.password_hash.encode()).hexdigest()[:16]


def _signed_in(moderator: Moderator, following: str) -> Response:
    """A fresh token and a fresh form session: nothing from before the sign-in is worth anything after it."""
    now = utc_now()
    log.info("signed_in", moderator=str(moderator.id))
    with services().database.write() as transaction:
        if old := request.cookies.get(session_cookie()):
            moderators.close_session(transaction, old)
        moderators.purge_sessions(transaction, now)
        token = moderators.open_session(transaction, moderator, now, user_agent=request.user_agent.string)
    session.clear()
    response = make_response(redirect(following, 303))
    set_session_cookie(response, token, max_age=int(moderators.ABSOLUTE_LIMIT.total_seconds()))
    return response


def _again(message: str, email: str, status: int) -> Response:
    page = render_template("sign_in.html", next=local_path(request.form.get("next")), message=message, email=email)
    return _slowly(make_response(page, status))


def _code_again(message: str, following: str, status: int) -> Response:
    return _slowly(make_response(render_template("sign_in_code.html", next=following, message=message), status))


def _slowly(response: Response) -> Response:
    if response.status_code == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
