"""Who moderates a site, and as what."""

import re
import uuid

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import second_factor
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.passwords import FIRST_PASSWORD, hash_password, make_password
from moderation.storage import moderators, sites
from moderation.storage.tables import Role, Site
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import owned_site
from moderation.web.translation import gettext, lazy_gettext

blueprint = Blueprint("settings_people", __name__, url_prefix="/settings/<slug>/people")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)

ROLES = {
    Role.OWNER: lazy_gettext("Owner"),
    Role.MODERATOR: lazy_gettext("Moderator"),
    Role.VIEWER: lazy_gettext("Viewer"),
}
MAX_EMAIL, MAX_NAME = 320, 200
ADDRESS = re.compile(r"[^\s@<>,;:\"\x00-\x1f\x7f]+@[^\s@<>,;:\"\x00-\x1f\x7f]+")


@blueprint.get("")
@for_moderators
def people(slug: str) -> str:
    return _page(owned_site(slug))


@blueprint.post("")
@for_moderators
def add(slug: str) -> ResponseReturnValue:
    """Let somebody in: with an account they have, or a new one whose first password is on this page alone."""
    site, role = owned_site(slug), _role()
    email, name = request.form.get("email", "").strip().lower(), request.form.get("name", "").strip()
    if not ADDRESS.fullmatch(email) or len(email) > MAX_EMAIL or len(name) > MAX_NAME:
        return _page(site, refused=gettext("This is not an e-mail address, or the name is too long.")), 422
    password = make_password()
    hashed = hash_password(password)
    with services().database.write() as session:
        person = moderators.moderator_by_email(session, email)
        is_new = person is None
        if person is None:
            name = name or email.partition("@")[0][:MAX_NAME]
            ends_at = utc_now() + FIRST_PASSWORD
            person = moderators.add_moderator(
                session, email=email, name=name, password_hash=hashed, first_password_ends_at=ends_at
            )
        elif site.id in moderators.roles(session, person.id):
            return _page(site, refused=gettext("This person is on the list already.")), 409
        moderators.join_site(session, person, site, role)
    log.info("person_added", site=site.slug, person=str(person.id), role=role.value, moderator=str(g.moderator.id))
    if is_new:
        return _page(site, new=(email, password))
    return _done(site, gettext("Added. They sign in with the account that they have."))


@blueprint.post("/<uuid:person_id>/role")
@for_moderators
def change_role(slug: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """Another role; it counts with their next page."""
    return _change(owned_site(slug), person_id, _role(), gettext("The role is changed."))


@blueprint.post("/<uuid:person_id>/remove")
@for_moderators
def remove(slug: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """No role on this site any more; the account and what it decided stay."""
    return _change(owned_site(slug), person_id, None, gettext("They see nothing of this site any more."))


@blueprint.post("/two-step")
@for_moderators
def set_two_step(slug: str) -> ResponseReturnValue:
    """Ask everybody who works here for two-step sign-in, or leave it to them."""
    site, is_required = owned_site(slug), request.form.get("required") == "yes"
    if is_required and not second_factor.is_on(g.moderator):
        return _page(site, refused=gettext("Set it up for yourself first: you would be locked out of this page.")), 409
    with services().database.write() as session:
        sites.set_two_step(session, site, is_required)
    log.info("two_step_asked_for", site=site.slug, required=is_required, moderator=str(g.moderator.id))
    if is_required:
        return _done(site, gettext("Everybody here is asked for two-step sign-in from their next page on."))
    return _done(site, gettext("Two-step sign-in is everybody’s own choice here."))


def _change(site: Site, person_id: uuid.UUID, role: Role | None, sentence: str) -> ResponseReturnValue:
    try:
        with services().database.write() as session:
            is_changed = moderators.change_role(session, site, person_id, role)
    except Conflict as error:
        return _page(site, refused=error.said(gettext)), 409
    if not is_changed:
        raise NotFound("There is no such person on this site.")
    log.info(
        "role_changed",
        site=site.slug,
        person=str(person_id),
        role=role.value if role else None,
        moderator=str(g.moderator.id),
    )
    if person_id == g.moderator.id and role is not Role.OWNER:
        return redirect(url_for("dashboard.queue"), 303)
    return _done(site, sentence)


def _role() -> Role:
    chosen = request.form.get("role", "")
    if chosen not in set(Role):
        raise InvalidRequest("The form has no known role in it. Go back and load the page again.")
    return Role(chosen)


def _done(site: Site, sentence: str) -> ResponseReturnValue:
    flash(sentence, "note")
    return redirect(url_for("settings_people.people", slug=site.slug), 303)


def _page(site: Site, *, new: tuple[str, str] | None = None, refused: str = "") -> str:
    with services().database.read() as session:
        rows = moderators.people_of(session, site.id)
        return page("settings_people.html", session, site=site, people=rows, roles=ROLES, new=new, refused=refused)
