"""Signing in and out: a password for a server-side session, whose token the browser keeps."""

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from moderation.passwords import password_fits
from moderation.storage import moderators
from moderation.storage.tables import Moderator
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, open_to_all, session_cookie
from moderation.web.same_origin import form_expired, local_path, refuse_cross_origin
from moderation.web.services import services

blueprint = Blueprint("sign_in", __name__)
blueprint.before_request(refuse_cross_origin)
blueprint.register_error_handler(CSRFError, form_expired)

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 60
MAX_EMAIL = 320
REFUSED = "The e-mail address and the password do not belong together."
UNDONE = "You had been signed out, so nothing was changed. Sign in, then do it again."
TOO_OFTEN = "That was tried a few times too often. Please wait a minute, then try again; nothing is locked."


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
    log.info("signed_in", moderator=str(moderator.id))
    return _signed_in(moderator)


@blueprint.post("/sign-out")
@for_moderators
def sign_out() -> Response:
    with services().database.write() as transaction:
        moderators.close_session(transaction, request.cookies[session_cookie()])
    session.clear()
    response = make_response(redirect(url_for("sign_in.form"), 303))
    _set_cookie(response, "", max_age=0)
    return response


def _moderator(email: str, password: str) -> Moderator | None:
    """The moderator, if the password is theirs; every refusal takes as long as a wrong password."""
    with services().database.read() as transaction:
        moderator = moderators.moderator_by_email(transaction, email)
    fits = password_fits(moderator.password_hash if moderator else None, password)
    if moderator is None or not fits or moderator.disabled_at is not None:
        log.warning("sign_in_refused", moderator=str(moderator.id) if moderator else None)
        return None
    return moderator


def _signed_in(moderator: Moderator) -> Response:
    """A fresh token and a fresh form session: nothing from before the sign-in is worth anything after it."""
    now = utc_now()
    with services().database.write() as transaction:
        if old := request.cookies.get(session_cookie()):
            moderators.close_session(transaction, old)
        moderators.purge_sessions(transaction, now)
        token = moderators.open_session(transaction, moderator, now)
    session.clear()
    response = make_response(redirect(local_path(request.form.get("next")), 303))
    _set_cookie(response, token, max_age=int(moderators.ABSOLUTE_LIMIT.total_seconds()))
    return response


def _set_cookie(response: Response, token: str, *, max_age: int) -> None:
    response.set_cookie(
        session_cookie(),
        token,
        max_age=max_age,
        path="/",
        secure=services().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def _again(message: str, email: str, status: int) -> Response:
    page = render_template("sign_in.html", next=local_path(request.form.get("next")), message=message, email=email)
    response = make_response(page, status)
    if status == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
