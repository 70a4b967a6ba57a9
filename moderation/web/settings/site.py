"""A site's settings for its owners: API keys, the webhook's address, the commenters' page."""

import uuid
from datetime import timedelta

import sqlalchemy.orm as so
import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation.domain.errors import InvalidRequest, NotAllowed, NotFound
from moderation.retention import MAX_DAYS
from moderation.storage import sites
from moderation.storage.secrets import encrypt
from moderation.storage.tables import Site, StatusPage
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, owned_sites
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.times import when
from moderation.web.translation import gettext as _
from moderation.webhooks.addresses import AddressRefused, check_url
from moderation.webhooks.signing import new_secret
from moderation.webhooks.testing import Outcome, send_test

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)

OVERLAPS = {0: "at once", 1: "in an hour", 24: "in a day", 168: "in a week"}  # hours
MAX_URL = 2_000


def owned_site(slug: str) -> Site:
    """The site, where the signed-in person owns it; 404 on other people's sites, 403 for who only moderates.

    Raises:
        NotFound, NotAllowed: as above.
    """
    with services().database.read() as session:
        site = sites.site_by_slug(session, slug)
    if site is None or site.id not in g.roles:
        raise NotFound("There is no such site among yours.")
    if site.id not in owned_sites():
        raise NotAllowed("Only owners of a site see and change its settings.")
    return site


def may_add_sites(session: so.Session) -> bool:
    """Whether the signed-in person runs the installation: they own every site of it, and there is one."""
    there = {site.id for site in sites.list_sites(session)}
    return bool(there) and there <= set(owned_sites())


@blueprint.get("")
@for_moderators
def index() -> ResponseReturnValue:
    """The sites that one owns; a single one at once."""
    with services().database.read() as session:
        mine = [site for site in sites.list_sites(session) if site.id in owned_sites()]
        if not mine:
            raise NotAllowed("Only owners of a site see and change its settings.")
        if len(mine) == 1:
            return redirect(url_for("settings.site", slug=mine[0].slug))
        return page("settings_sites.html", session, sites=mine, may_add=may_add_sites(session))


@blueprint.get("/<slug>")
@for_moderators
def site(slug: str) -> str:
    return site_page(owned_site(slug))


@blueprint.post("/<slug>/keys")
@for_moderators
def add_key(slug: str) -> str:
    """A new API key, on this page alone."""
    row, name = owned_site(slug), request.form.get("name", "").strip()[: sites.MAX_NAME]
    with services().database.write() as session:
        key = sites.add_key(session, row, name=name, scores_only=request.form.get("reach") == "scores")
    log.info("api_key_added", site=row.slug, moderator=str(g.moderator.id))
    return site_page(row, new_key=key)


@blueprint.post("/<slug>/keys/<uuid:key_id>/rotate")
@for_moderators
def rotate_key(slug: str, key_id: uuid.UUID) -> str:
    """A new key in the place of one that still works for as long as was chosen."""
    row, hours = owned_site(slug), request.form.get("hours", type=int)
    if hours not in OVERLAPS:
        raise InvalidRequest("The form has no known time in it. Go back and load the page again.")
    with services().database.write() as session:
        key = sites.rotate_key(session, row, key_id, ends_at=utc_now() + timedelta(hours=hours))
    if key is None:
        raise NotFound("There is no such key, or it ends before that already.")
    log.info("api_key_rotated", site=row.slug, moderator=str(g.moderator.id))
    return site_page(row, new_key=key)


@blueprint.post("/<slug>/keys/<uuid:key_id>/end")
@for_moderators
def end_key(slug: str, key_id: uuid.UUID) -> ResponseReturnValue:
    """A key that works no more from now on."""
    row = owned_site(slug)
    with services().database.write() as session:
        ended = sites.expire_key(session, row, key_id, utc_now())
    if not ended:
        raise NotFound("There is no such key, or it has ended already.")
    log.info("api_key_ended", site=row.slug, moderator=str(g.moderator.id))
    return _done(row, "The key has ended.")


@blueprint.post("/<slug>/webhook")
@for_moderators
def set_webhook(slug: str) -> ResponseReturnValue:
    """Where the blog hears of decisions, or nowhere."""
    row, url = owned_site(slug), request.form.get("url", "").strip()
    try:
        if len(url) > MAX_URL:
            raise AddressRefused(f"The address has more than {MAX_URL:,} characters.")
        if url:
            check_url(url, services().settings.webhook_networks)
    except AddressRefused as refused:
        return site_page(row, refused=str(refused), url=url[:MAX_URL]), 422
    with services().database.write() as session:
        sites.set_webhook(session, session.get_one(Site, row.id), url or None, utc_now())
    log.info("webhook_changed", site=row.slug, moderator=str(g.moderator.id))
    return _done(row, "Events go to the new address." if url else "Events wait until there is an address.")


@blueprint.post("/<slug>/webhook/secret")
@for_moderators
def rotate_secret(slug: str) -> str:
    """Another webhook secret, on this page alone; the one before signs beside it for as long as was chosen."""
    row, hours, secret = owned_site(slug), request.form.get("hours", type=int), new_secret()
    if hours not in OVERLAPS:
        raise InvalidRequest("The form has no known time in it. Go back and load the page again.")
    sealed = encrypt(secret, services().settings.secret_key)
    with services().database.write() as session:
        row = session.get_one(Site, row.id, with_for_update=True)
        sites.rotate_secret(session, row, sealed, ends_at=utc_now() + timedelta(hours=hours))
    log.info("webhook_secret_rotated", site=row.slug, moderator=str(g.moderator.id))
    return site_page(row, new_secret=secret)


@blueprint.post("/<slug>/name")
@for_moderators
def rename(slug: str) -> ResponseReturnValue:
    """Another name for people; the short one stays, for commands and events."""
    row, name = owned_site(slug), " ".join(request.form.get("name", "").split())[: sites.MAX_NAME]
    if not name:
        raise InvalidRequest("A site needs a name. Go back and write one.")
    with services().database.write() as session:
        sites.rename(session, session.get_one(Site, row.id), name)
    return _done(row, _("The site is renamed."))


@blueprint.post("/<slug>/webhook/test")
@for_moderators
def test_webhook(slug: str) -> str:
    """Send a test event now, and show what came back."""
    row, settings = owned_site(slug), services().settings
    outcome = send_test(row, secret_key=settings.secret_key, networks=settings.webhook_networks, now=utc_now())
    return site_page(row, outcome=outcome)


@blueprint.post("/<slug>/status-page")
@for_moderators
def set_status_page(slug: str) -> ResponseReturnValue:
    """How much commenters are told on their page."""
    row, chosen = owned_site(slug), request.form.get("status_page", "")
    if chosen not in set(StatusPage):
        raise InvalidRequest("The form has no known choice in it. Go back and load the page again.")
    with services().database.write() as session:
        sites.set_status_page(session, session.get_one(Site, row.id), StatusPage(chosen))
    return _done(row, "The commenters' page is changed.")


@blueprint.post("/<slug>/retention")
@for_moderators
def set_retention(slug: str) -> ResponseReturnValue:
    """How long comments are kept here."""
    row, chosen = owned_site(slug), request.form.get("days", "").strip()
    days = request.form.get("days", type=int) if chosen else None
    if chosen and (days is None or not 1 <= days <= MAX_DAYS):
        raise InvalidRequest(
            "Give a number of days from 1 to %(most)d, or none. Go back and change it.", values={"most": MAX_DAYS}
        )
    with services().database.write() as session:
        sites.set_retention(session, session.get_one(Site, row.id), days)
    log.info("retention_changed", site=row.slug, moderator=str(g.moderator.id))
    if days is None:
        return _done(row, _("Comments are kept."))
    return _done(row, _("Comments are erased %(days)d days after they came.", days=days))


def _done(row: Site, sentence: str) -> ResponseReturnValue:
    flash(sentence, "note")
    return redirect(url_for("settings.site", slug=row.slug), 303)


def site_page(
    row: Site,
    *,
    new_key: str = "",
    new_secret: str = "",
    outcome: Outcome | None = None,
    refused: str = "",
    url: str | None = None,
) -> str:
    """Keys, webhook and what else there is of a site, with what was just made or went wrong."""
    now = utc_now()
    with services().database.read() as session:
        keys = [
            {
                "row": key,
                "created": when(key.created_at, now),
                "ended": key.expires_at is not None and key.expires_at <= now,
            }
            for key in sites.list_keys(session, row.id)
        ]
        return page(
            "settings_site.html",
            session,
            site=row,
            keys=keys,
            overlaps=OVERLAPS,
            new_key=new_key,
            new_secret=new_secret,
            secret_before_ends=row.webhook_secret_before_ends if len(row.webhook_secrets(now)) > 1 else None,
            outcome=outcome,
            refused=refused,
            url=row.webhook_url or "" if url is None else url,
            levels=list(StatusPage),
            may_add=may_add_sites(session),
        )
