"""The reasons that moderators choose from when they refuse a comment, and whether they may do without one."""

import re
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from moderation import policies
from moderation.domain.errors import InvalidRequest
from moderation.storage.tables import Site, StatusPage
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.policy import lines, save, seen_version
from moderation.web.settings.site import owned_site
from moderation.web.translation import gettext as _

blueprint = Blueprint("settings_reasons", __name__, url_prefix="/settings/<slug>/reasons")
blueprint.before_request(refuse_cross_origin)

LONGEST_CODE = 32


@blueprint.get("")
@for_moderators
def reasons(slug: str) -> str:
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    return _page(site, version, document["reasons"], skips=document["skip_reason"])


@blueprint.post("")
@for_moderators
def change_reasons(slug: str) -> ResponseReturnValue:
    """An emptied reason goes; a changed one keeps its code, by which the blog knows it."""
    site = owned_site(slug)
    document = policies.current(services().database, site)[0]
    kept = [
        {"code": reason["code"], "text": words}
        for reason in document["reasons"]
        if (words := request.form.get(f"reason-{reason['code']}", "").strip())
    ]
    chosen = list(kept)
    for words in lines("new"):
        chosen.append({"code": _code(words, {reason["code"] for reason in chosen}), "text": words})
    skips = "needed" not in request.form
    saved = _("Saved. Moderators choose from these from now on.")
    try:
        return save(site, {**document, "reasons": chosen, "skip_reason": skips}, "settings_reasons.reasons", saved)
    except InvalidRequest:
        message = _(
            "At most %(most)d reasons, none with more than 500 characters. Nothing was saved.",
            most=policies.MAX_REASONS,
        )
        return _page(site, seen_version(), kept, skips=skips, new=request.form.get("new", ""), message=message), 422


def _code(words: str, taken: set[str]) -> str:
    """What the blog's program calls a new reason: its words in plain letters."""
    base = re.sub("[^a-z0-9]+", "_", words.lower())[:LONGEST_CODE].strip("_") or "reason"
    free = (code for number in range(1, len(taken) + 2) if (code := f"{base}_{number}" if number > 1 else base))
    return next(code for code in free if code not in taken)


def _page(
    site: Site, version: int, listed: list[dict[str, Any]], *, skips: bool, new: str = "", message: str = ""
) -> str:
    with services().database.read() as session:
        return page(
            "settings_reasons.html",
            session,
            site=site,
            version=version,
            reasons=listed,
            skips=skips,
            new=new,
            is_told=site.status_page is StatusPage.REASON,
            message=message,
        )
