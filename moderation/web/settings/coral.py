"""The secret that a Coral signs its moderation phase with: taken from its owners, never shown again."""

from datetime import timedelta

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation.domain.errors import InvalidRequest
from moderation.storage import coral
from moderation.storage.secrets import encrypt
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import OVERLAPS, owned_site
from moderation.web.times import when
from moderation.web.translation import gettext as _

blueprint = Blueprint("settings_coral", __name__, url_prefix="/settings")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)


@blueprint.get("/<slug>/coral")
@for_moderators
def secret(slug: str) -> str:
    return _page(owned_site(slug))


@blueprint.post("/<slug>/coral")
@for_moderators
def save(slug: str) -> ResponseReturnValue:
    """Take a secret; those given before still count for as long as was chosen."""
    site, given = owned_site(slug), request.form.get("secret", "").strip()
    hours, now = request.form.get("hours", 0, type=int), utc_now()
    if hours not in OVERLAPS:
        raise InvalidRequest("The form has no known time in it. Go back and load the page again.")
    if not coral.SHORTEST <= len(given) <= coral.LONGEST:
        return _page(site, refused=_("Give the whole signing secret, as Coral shows it.")), 422
    sealed = encrypt(given, services().settings.secret_key)
    with services().database.write() as session:
        coral.add_secret(session, site, sealed, others_end_at=now + timedelta(hours=hours))
    log.info("coral_secret_saved", site=site.slug, moderator=str(g.moderator.id))
    flash(_("Saved. Requests signed with this secret are taken from now on."), "note")
    return redirect(url_for("settings_coral.secret", slug=site.slug), 303)


@blueprint.post("/<slug>/coral/remove")
@for_moderators
def remove(slug: str) -> ResponseReturnValue:
    """Let every secret end now."""
    site = owned_site(slug)
    with services().database.write() as session:
        coral.end_secrets(session, site, utc_now())
    log.info("coral_secrets_ended", site=site.slug, moderator=str(g.moderator.id))
    flash(_("Removed. Requests of Coral are refused from now on."), "note")
    return redirect(url_for("settings_coral.secret", slug=site.slug), 303)


def _page(site: Site, *, refused: str = "") -> str:
    settings, now = services().settings, utc_now()
    with services().database.read() as session:
        return page(
            "settings_coral.html",
            session,
            site=site,
            secrets=[(row, when(row.created_at, now)) for row in coral.secrets_in_use(session, now, site)],
            phase=f"{settings.public_base_url}/coral/phase?site={site.slug}",
            endpoint=f"{settings.public_base_url}/v1alpha1",
            overlaps=OVERLAPS,
            refused=refused,
        )
