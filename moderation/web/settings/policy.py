"""The two parts of a policy that owners turn most: bands and listed words, each tried on the past before it counts."""

from typing import Any

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import policies, rehearsal
from moderation.domain.errors import Conflict, InvalidRequest
from moderation.domain.reading import ATTRIBUTES
from moderation.storage import comments
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators
from moderation.web.card.eyes import excerpts
from moderation.web.dashboard.frame import eyes, page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.bands import bands_page, last_days, number
from moderation.web.settings.site import owned_site
from moderation.web.translation import gettext as _

blueprint = Blueprint("settings_policy", __name__, url_prefix="/settings/<slug>")
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)

Document = dict[str, Any]


@blueprint.get("/bands")
@for_moderators
def bands(slug: str) -> str:
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    return bands_page(site, document, version, document["bands"])


@blueprint.post("/bands")
@for_moderators
def change_bands(slug: str) -> ResponseReturnValue:
    """Try the bands of the form on the last weeks, or save them."""
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    try:
        chosen = {name: {end: _share(f"{name}.{end}") for end in ("hold", "reject")} for name in ATTRIBUTES}
    except ValueError:
        message = _("A band begins between 0 and 100 percent; 100 is never.")
        return bands_page(site, document, version, document["bands"], message), 422
    if request.form.get("do") != "save":
        return bands_page(site, document, seen_version(), chosen)
    return save(site, {**document, "bands": chosen}, "settings_policy.bands")


@blueprint.get("/words")
@for_moderators
def words(slug: str) -> str:
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    lists = {action: _of(document, action) for action in ("hold", "reject")}
    return _words_page(site, version, lists)


@blueprint.post("/words")
@for_moderators
def change_words(slug: str) -> ResponseReturnValue:
    """Check the words of the form against published comments, or save them."""
    site = owned_site(slug)
    document = policies.current(services().database, site)[0]
    lists = {action: lines(action) for action in ("hold", "reject")}
    if request.form.get("do") != "save":
        known = {rule["match"] for rule in document["words"]}
        everything = [*lists["reject"], *lists["hold"]]
        asked = tuple(word for word in everything if word not in known) or tuple(everything)
        checked = rehearsal.words(services().database, site, asked, utc_now())
        return _words_page(site, seen_version(), lists, checked=checked)
    # A word on both lists is rejected: the stricter wish counts.
    rules = [{"match": word, "action": "reject"} for word in lists["reject"]]
    rules += [{"match": word, "action": "hold"} for word in lists["hold"] if word not in lists["reject"]]
    try:
        return save(site, {**document, "words": rules}, "settings_policy.words")
    except InvalidRequest:
        message = _(
            "At most %(most)s words, none with more than 500 characters. Nothing was saved.",
            most=f"{policies.MAX_WORDS:,}",
        )
        return _words_page(site, seen_version(), lists, message=message), 422


def save(site: Site, document: Document, endpoint: str, saved: str = "") -> ResponseReturnValue:
    """The next version of the policy, unless somebody else made one while the page was open."""
    try:
        version = policies.change(services().database, site, document, seen_version=seen_version())
    except Conflict as error:
        flash(_("%(what)s Nothing of yours was saved.", what=error.said(_)), "note")
    else:
        log.info("policy_changed", site=site.slug, version=version, moderator=str(g.moderator.id))
        flash(saved or _("Saved. Comments that come from now on are decided by it."), "note")
    return redirect(url_for(endpoint, slug=site.slug), 303)


def seen_version() -> int:
    version = request.form.get("version", type=int)
    if version is None:
        raise InvalidRequest("The form does not say which policy it changes. Go back and load the page again.")
    return version


def _share(field: str) -> float | None:
    """A percentage of the form as a share; None, which is never, where it was left empty or is 100."""
    word = request.form.get(field, "").strip()
    share = round(float(word) / 100, 4) if word else None
    if share == 1:
        return None
    if share is not None and not 0 <= share <= 1:  # NaN is not, either
        raise ValueError(word)
    return share


def lines(field: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, request.form.get(field, "").splitlines()))))


def _of(document: Document, action: str) -> list[str]:
    return [rule["match"] for rule in document["words"] if rule["action"] == action]


def _words_page(
    site: Site,
    version: int,
    lists: dict[str, list[str]],
    *,
    checked: rehearsal.Check | None = None,
    message: str = "",
) -> str:
    hits = sorted(checked.hits.items(), key=lambda item: -item[1].count) if checked else []
    found = [item.comment_id for _word, hit in hits for item in hit.examples]
    with services().database.read() as session:
        rows = comments.find_cards(session, [site.id], found) if found else []
        return page(
            "settings_words.html",
            session,
            site=site,
            version=version,
            lists=lists,
            check=checked,
            hits=hits,
            words=excerpts(session, rows, eyes()) if rows else {},
            number=number,
            last_days=last_days,
            longer=rehearsal.LONGER,
            weeks=rehearsal.WEEKS,
            message=message,
        )
