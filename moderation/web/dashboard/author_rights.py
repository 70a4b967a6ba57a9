"""What the law gives an author: all that is kept of them, or that it is kept no longer. For owners."""

import json
import uuid

import structlog
from flask import Blueprint, Response, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import author_data, erasure
from moderation.domain.errors import InvalidRequest, NotAllowed, NotFound
from moderation.storage import authors
from moderation.storage.audit import Who
from moderation.storage.tables import Author
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, owned_sites, readable_sites
from moderation.web.services import services
from moderation.web.translation import gettext, ngettext

blueprint = Blueprint("author_rights", __name__)

log = structlog.get_logger(__name__)


@blueprint.post("/authors/<uuid:author_id>/export")
@for_moderators
def export(author_id: uuid.UUID) -> Response:
    """All that is kept of an author, as a file."""
    data = author_data.export(services().database, _owned(author_id), who=_who(), now=utc_now())
    log.info("author_exported", author=str(author_id), moderator=str(g.moderator.id))
    return Response(
        json.dumps(data, indent=2, ensure_ascii=False),
        mimetype="application/json",
        headers={"Content-Disposition": f"attachment; filename=author-{author_id}.json"},
    )


@blueprint.post("/authors/<uuid:author_id>/erase")
@for_moderators
def erase(author_id: uuid.UUID) -> ResponseReturnValue:
    """All of an author's comments, and what is known of them."""
    author = _owned(author_id)
    if request.form.get("sure") != "yes":
        raise InvalidRequest("Say that you are sure. Go back and tick the box.")
    erased = erasure.erase_author(services().database, author, who=_who(), now=utc_now())
    log.info("author_erased", author=str(author_id), comments=erased, moderator=str(g.moderator.id))
    what = ngettext("one comment", "%(num)d comments", erased)
    flash(gettext("Erased: the author and %(what)s.", what=what), "note")
    return redirect(url_for("dashboard.index"), 303)


def _who() -> Who:
    return Who("moderator", g.moderator.id)


def _owned(author_id: uuid.UUID) -> Author:
    with services().database.read() as session:
        author = authors.find_author(session, readable_sites(), author_id)
    if author is None:
        raise NotFound("There is nothing of this kind on your sites.")
    if author.site_id not in owned_sites():
        raise NotAllowed("Only an owner of the site exports or erases an author.")
    return author
