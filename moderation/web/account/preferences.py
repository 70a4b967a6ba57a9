"""What a moderator sets for their own eyes and hands: keys, what is shown of comments, time zone, colours."""

from zoneinfo import available_timezones

from babel import Locale
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import preferences
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import ATTRIBUTES
from moderation.web import language
from moderation.web.access import for_moderators
from moderation.web.card.marking import label_of
from moderation.web.dashboard.frame import page
from moderation.web.dashboard.keys import KEYS, given_twice, keys_of, moved_keys
from moderation.web.dashboard.mine import mine
from moderation.web.same_origin import local_path
from moderation.web.services import services
from moderation.web.translation import gettext, ngettext

blueprint = Blueprint("preferences", __name__, url_prefix="/preferences")


@blueprint.get("")
@for_moderators
def show() -> str:
    return _page()


@blueprint.post("/keys")
@for_moderators
def change_keys() -> ResponseReturnValue:
    """Other keys, or the usual ones again."""
    if "reset" in request.form:
        return _kept(keys={})
    wanted = {item.does: request.form.get(item.does, "").strip() or item.key for item in KEYS}
    if twice := given_twice(wanted):
        message = ngettext(
            "%(keys)s would do two things. Nothing was changed.",
            "%(keys)s would do two things each. Nothing was changed.",
            len(twice),
            keys=", ".join(twice),
        )
        return _page("other-keys", message, wanted), 422
    try:
        return _kept(keys=moved_keys(wanted))
    except InvalidRequest:
        message = gettext("A key is one letter, digit or sign of a plain keyboard. Nothing was changed.")
        return _page("other-keys", message, wanted), 422


@blueprint.post("/keys/switch")
@for_moderators
def switch_keys() -> ResponseReturnValue:
    """All keys on or off, from the help at the foot of every page."""
    preferences.change(services().database, g.moderator, keys_on="on" in request.form)
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.post("/sight")
@for_moderators
def change_sight() -> ResponseReturnValue:
    """What is shown of comments, and how."""
    try:
        return _kept(
            mask="mask" in request.form,
            spread_hard="spread_hard" in request.form,
            opted_out=request.form.getlist("opted_out"),
            language=_language(request.form.get("language", "")),
            time_zone=request.form.get("time_zone", "").strip() or "UTC",
            theme=request.form.get("theme", "system"),
        )
    except InvalidRequest as error:
        zone = any(fault.pointer.startswith("/time_zone") for fault in error.errors)
        message = (
            gettext("There is no such time zone. Nothing was changed.")
            if zone
            else gettext("The form has no known choice in it. Go back and load the page again.")
        )
        return _page("sight", message), 422


def _languages() -> list[str]:
    return language.catalogues(language.TRANSLATIONS)


def _language(name: str) -> str:
    """One that the pages can speak; none is whichever the browser asks for."""
    return name if name in _languages() else ""


def _kept(**changes: object) -> ResponseReturnValue:
    preferences.change(services().database, g.moderator, **changes)
    flash(gettext("Your preferences are kept."), "note")
    return redirect(url_for("account.preferences.show"), 303)


def _page(form: str = "", message: str = "", wanted: dict[str, str] | None = None) -> str:
    """The whole page; *message* stands in the form that was refused, which keeps what was typed."""
    own = {item.does: item.key for item in keys_of(mine())} | (wanted or {})
    with services().database.read() as session:
        return page(
            "account_preferences.html",
            session,
            keys=[(item, own.get(item.does, "")) for item in KEYS],
            are_moved=bool(mine().keys),
            attributes=[(name, label_of(name)) for name in ATTRIBUTES],
            zones=sorted(available_timezones()),
            zone=request.form.get("time_zone", mine().time_zone),
            languages=[(name, Locale.parse(name).get_display_name(name)) for name in _languages()],
            refused={form: message} if message else {},
        )
