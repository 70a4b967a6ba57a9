"""The page that says what went wrong: in the dashboard's frame for whoever is signed in, bare for everybody else."""

from typing import Any

import structlog
from flask import Response, g, render_template, request, url_for
from flask_wtf.csrf import CSRFError

from moderation.web.dashboard.frame import page
from moderation.web.services import services
from moderation.web.translation import gettext

log = structlog.get_logger(__name__)


def error_page(status: int, title: str, detail: str) -> Response:
    values = {"status": status, "title": title, "detail": detail}
    return Response(_in_frame(values) or render_template("error.html", **values), status)


def form_expired(error: CSRFError) -> Response:
    """For a form without a valid token: most often, one that was left open over night."""
    detail = gettext("The page was open for too long, so nothing was changed. Go back, load it again and repeat it.")
    return error_page(400, gettext("This form is out of date"), detail)


def _in_frame(values: dict[str, Any]) -> str:
    """Empty where there is none: for strangers, for a script's requests, and when the frame itself fails."""
    # A database that is away is not asked again: that could take as long as the first time.
    if "moderator" not in g or "HX-Request" in request.headers or values["status"] == 503:
        return ""
    try:
        with services().database.read() as session:
            return page("error.html", session, here=url_for("dashboard.queue"), **values)
    except Exception as error:  # whatever it is, the first fault is the one to tell of
        log.warning("error_page_without_frame", error=type(error).__name__)
        return ""
