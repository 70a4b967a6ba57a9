"""A site's Akismet key: shown to its owners, replaced, and told what the blog's plugin can do."""

from datetime import timedelta

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation.domain.errors import InvalidRequest
from moderation.storage import akismet
from moderation.storage.secrets import WrongSecretKey, decrypt
from moderation.storage.tables import AkismetKey, Site
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import OVERLAPS, owned_site
from moderation.web.translation import gettext as _
from moderation.webhooks.addresses import AddressRefused
from moderation.webhooks.akismet import MAX_BLOG, check_blog

blueprint = Blueprint("settings_akismet", __name__, url_prefix="/settings")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)


@blueprint.get("/<slug>/akismet")
@for_moderators
def key(slug: str) -> str:
    return _page(owned_site(slug))


@blueprint.post("/<slug>/akismet")
@for_moderators
def save(slug: str) -> ResponseReturnValue:
    """What the key is for; the first time, make one."""
    site, blog = owned_site(slug), request.form.get("blog", "").strip()
    holds, discards = "holds" in request.form, "discards" in request.form
    try:
        if blog:
            check_blog(blog)
    except AddressRefused as refused:
        return _page(site, refused=str(refused), blog=blog[:MAX_BLOG]), 422
    if holds and not blog:
        return _page(site, refused=_("To hold, the blog has to be told later: give its address."), blog=blog), 422
    secret_key = services().settings.secret_key
    with services().database.write() as session:
        akismet.save_key(session, site, secret_key, blog=blog, holds=holds, discards=discards, now=utc_now())
    log.info("akismet_key_saved", site=site.slug, moderator=str(g.moderator.id))
    flash(_("Saved."), "note")
    return redirect(url_for("settings_akismet.key", slug=site.slug), 303)


@blueprint.post("/<slug>/akismet/show")
@for_moderators
def show(slug: str) -> str:
    """The key itself, on this page alone."""
    site = owned_site(slug)
    log.info("akismet_key_shown", site=site.slug, moderator=str(g.moderator.id))
    return _page(site, is_shown=True)


@blueprint.post("/<slug>/akismet/rotate")
@for_moderators
def rotate(slug: str) -> str:
    """Another key; the ones before still work for as long as was chosen."""
    site, hours, now = owned_site(slug), request.form.get("hours", type=int), utc_now()
    if hours not in OVERLAPS:
        raise InvalidRequest("The form has no known time in it. Go back and load the page again.")
    ends_at = now + timedelta(hours=hours)
    with services().database.write() as session:
        akismet.rotate_key(session, site, services().settings.secret_key, ends_at=ends_at, now=now)
    log.info("akismet_key_rotated", site=site.slug, moderator=str(g.moderator.id))
    return _page(site, is_shown=True)


def _page(site: Site, *, is_shown: bool = False, refused: str = "", blog: str | None = None) -> str:
    with services().database.read() as session:
        row = akismet.current_key(session, site.id, utc_now())
        return page(
            "settings_akismet.html",
            session,
            site=site,
            row=row,
            key=_opened(row) if row is not None and is_shown else "",
            overlaps=OVERLAPS,
            refused=refused,
            blog=blog if blog is not None else row.blog if row else "",
        )


def _opened(row: AkismetKey) -> str:
    try:
        return decrypt(row.sealed, services().settings.secret_key)
    except WrongSecretKey:
        return str(_("It cannot be read any more: replace it."))
