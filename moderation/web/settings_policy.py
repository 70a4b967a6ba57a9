"""The two parts of a policy that owners turn most: bands and listed words, each tried on the past before it counts."""

from typing import Any

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from moderation import policies, rehearsal
from moderation.domain.comment import Action
from moderation.domain.errors import Conflict, InvalidRequest
from moderation.domain.policy import Band
from moderation.domain.reading import ATTRIBUTES
from moderation.storage.policies import from_document
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators
from moderation.web.frame import page
from moderation.web.same_origin import form_expired, refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings import owned_site

blueprint = Blueprint("settings_policy", __name__, url_prefix="/settings/<slug>")
blueprint.before_request(refuse_cross_origin)
blueprint.register_error_handler(CSRFError, form_expired)

log = structlog.get_logger(__name__)

Document = dict[str, Any]


@blueprint.get("/bands")
@for_moderators
def bands(slug: str) -> str:
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    return _bands_page(site, document, version, document["bands"])


@blueprint.post("/bands")
@for_moderators
def change_bands(slug: str) -> ResponseReturnValue:
    """Try the bands of the form on the last weeks, or save them."""
    site = owned_site(slug)
    document, version = policies.current(services().database, site)
    try:
        chosen = {name: {end: _share(f"{name}.{end}") for end in ("hold", "reject")} for name in ATTRIBUTES}
    except ValueError:
        message = "A band begins between 0 and 100 percent, or never (leave the field empty)."
        return _bands_page(site, document, version, document["bands"], message), 422
    if request.form.get("do") != "save":
        return _bands_page(site, document, _seen_version(), chosen)
    return _save(site, {**document, "bands": chosen}, "settings_policy.bands")


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
    document, _ = policies.current(services().database, site)
    lists = {action: _lines(action) for action in ("hold", "reject")}
    if request.form.get("do") != "save":
        known = {rule["match"] for rule in document["words"]}
        everything = [*lists["reject"], *lists["hold"]]
        asked = tuple(word for word in everything if word not in known) or tuple(everything)
        checked = rehearsal.words(services().database, site, asked, utc_now())
        return _words_page(site, _seen_version(), lists, checked=checked)
    # A word on both lists is rejected: the stricter wish counts.
    rules = [{"match": word, "action": "reject"} for word in lists["reject"]]
    rules += [{"match": word, "action": "hold"} for word in lists["hold"] if word not in lists["reject"]]
    try:
        return _save(site, {**document, "words": rules}, "settings_policy.words")
    except InvalidRequest:
        message = f"At most {policies.MAX_WORDS:,} words, none with more than 500 characters. Nothing was saved."
        return _words_page(site, _seen_version(), lists, message=message), 422


def _save(site: Site, document: Document, endpoint: str) -> ResponseReturnValue:
    """The next version of the policy, unless somebody else made one while the page was open."""
    try:
        version = policies.change(services().database, site, document, seen_version=_seen_version())
    except Conflict as error:
        flash(f"{error.detail} Nothing of yours was saved.", "note")
    else:
        log.info("policy_changed", site=site.slug, version=version, moderator=str(g.moderator.id))
        flash("Saved. Comments that come from now on are decided by it.", "note")
    return redirect(url_for(endpoint, slug=site.slug), 303)


def _seen_version() -> int:
    version = request.form.get("version", type=int)
    if version is None:
        raise InvalidRequest("The form does not say which policy it changes. Go back and load the page again.")
    return version


def _share(field: str) -> float | None:
    """A percentage of the form as a share; None where it was left empty."""
    word = request.form.get(field, "").strip()
    share = round(float(word) / 100, 4) if word else None
    if share is not None and not 0 <= share <= 1:  # NaN is not, either
        raise ValueError(word)
    return share


def _lines(field: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, request.form.get(field, "").splitlines()))))


def _of(document: Document, action: str) -> list[str]:
    return [rule["match"] for rule in document["words"] if rule["action"] == action]


def _bands_page(site: Site, document: Document, version: int, chosen: Document, message: str = "") -> str:
    database, policy = services().database, from_document(document, version)
    effect = rehearsal.bands(database, site, policy, {name: Band(**band) for name, band in chosen.items()}, utc_now())
    rows = [
        {
            "name": name,
            "label": name.replace("_", " ").capitalize(),
            "hold": _percent(chosen[name]["hold"]),
            "reject": _percent(chosen[name]["reject"]),
            "bars": _bars(effect.spread[name]),
        }
        for name in ATTRIBUTES
    ]
    outcomes = [
        (words, effect.before[action], effect.after[action], _difference(effect.a_day(action)))
        for action, words in ((Action.PUBLISH, "Published"), (Action.HOLD, "Held"), (Action.REJECT, "Rejected"))
    ]
    with database.read() as session:
        return page(
            "settings_bands.html",
            session,
            site=site,
            rows=rows,
            version=version,
            effect=effect,
            outcomes=outcomes,
            weeks=rehearsal.WEEKS,
            is_tried=chosen != document["bands"],
            message=message,
        )


def _words_page(
    site: Site,
    version: int,
    lists: dict[str, list[str]],
    *,
    checked: tuple[dict[str, rehearsal.Hits], int] | None = None,
    message: str = "",
) -> str:
    hits, looked_at = checked or ({}, 0)
    with services().database.read() as session:
        return page(
            "settings_words.html",
            session,
            site=site,
            version=version,
            lists=lists,
            hits=sorted(hits.items(), key=lambda item: -item[1].count),
            looked_at=looked_at,
            is_checked=checked is not None,
            longer=rehearsal.LONGER,
            weeks=rehearsal.WEEKS,
            message=message,
        )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:g}"


def _difference(a_day: float) -> str:
    if not a_day:
        return "as many"
    return f"{abs(a_day):.3g} {'more' if a_day > 0 else 'fewer'} a day"


def _bars(counts: list[int]) -> list[int]:
    """Heights of 0 to 24; by the square root, because nearly every score is low."""
    most = max(counts) or 1
    return [round(24 * (count / most) ** 0.5) for count in counts]
