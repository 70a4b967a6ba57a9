"""Another site, added in the dashboard by those who run the installation.

Nobody holds that title: it is whoever owns every site there is. One owner among several tenants adds none.
"""

import structlog
from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from moderation import new_sites
from moderation.domain.errors import Conflict, InvalidRequest, NotAllowed
from moderation.storage import moderators, sites
from moderation.storage.tables import Role
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import may_add_sites, site_page
from moderation.web.translation import gettext

# Two steps deep, where no site's short name can stand.
blueprint = Blueprint("settings_new_site", __name__, url_prefix="/settings/sites/new")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)


@blueprint.get("")
@for_moderators
def show() -> str:
    _require()
    return _page()


@blueprint.post("")
@for_moderators
def add() -> ResponseReturnValue:
    """The new site's settings, with its first key and secret on this page alone; whoever added it owns it."""
    _require()
    slug = request.form.get("slug", "").strip().lower()
    name = " ".join(request.form.get("name", "").split())[: sites.MAX_NAME]
    try:
        with services().database.write() as session:
            new = new_sites.add(
                session, slug=slug, name=name, webhook_url=None, secret_key=services().settings.secret_key
            )
            moderators.join_site(session, g.moderator, new.row, Role.OWNER)
    except (InvalidRequest, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _page(slug=slug[:80], name=name, refused=error.said(gettext)), status
    g.roles[new.row.id], g.site_names[new.row.id] = Role.OWNER, new.row.name
    log.info("site_added", site=new.row.slug, moderator=str(g.moderator.id))
    return site_page(new.row, new_key=new.key, new_secret=new.secret)


def _require() -> None:
    with services().database.read() as session:
        if not may_add_sites(session):
            raise NotAllowed("Only who owns every site of this installation adds another.")


def _page(*, slug: str = "", name: str = "", refused: str = "") -> str:
    with services().database.read() as session:
        return page("settings_new_site.html", session, slug=slug, name=name, refused=refused)
