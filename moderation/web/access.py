"""Who may call what: every view is closed until it carries a mark."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from flask import Flask, Response, after_this_request, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from moderation import second_factor
from moderation.domain.comment import Actor
from moderation.domain.errors import NotAllowed, NotSignedIn, RateLimited
from moderation.storage import audit, moderators, sites
from moderation.storage.audit import Who
from moderation.storage.secrets import decrypt
from moderation.storage.sites import list_sites, site_by_slug
from moderation.storage.tables import ApiKey, ModeratorSession, Role, Site
from moderation.storage.types import utc_now
from moderation.web import dialect
from moderation.web.dialect import Caller
from moderation.web.services import services
from moderation.webhooks import signing

View = TypeVar("View", bound=Callable[..., Any])

# A signature that names no site is tried against every site's secret; past this many, it has to name one.
UNNAMED_SITES = 200

# What somebody may do whose password was made for them: choose their own, or leave.
WITH_A_FIRST_PASSWORD = {"account.account", "account.change_password", "sign_in.sign_out"}
# And whose site asks for two-step sign-in, until they have it.
WITHOUT_A_SECOND_STEP = {*WITH_A_FIRST_PASSWORD, "account.begin", "account.confirm"}


def open_to_all(view: View) -> View:
    """Mark a view that anybody may call."""
    return _mark(view, "all")


def for_sites(view: View) -> View:
    """Mark a view for blogs: an API key or a signed request. The site is in `g.site`."""
    return _mark(view, "sites")


def for_dialect(view: View) -> View:
    """Mark a view of a dialect: whoever the dialect recognises, so often a minute. The site is in `g.site`."""
    return _mark(view, "dialect")


def for_moderators(view: View) -> View:
    """Mark a view for signed-in people: `g.moderator`, and by site `g.roles` and, in order, `g.site_names`.

    `g.asked_for_two_step` is whether one of the sites wants two-step sign-in of its people.
    """
    return _mark(view, "moderators")


def for_scoring_keys(view: View) -> View:
    """Mark a view that reads and keeps nothing of the site: a key for scoring alone opens it, too."""
    view._takes_scoring_keys = True  # type: ignore[attr-defined]
    return view


def passive(view: View) -> View:
    """Mark a view that a page calls by itself: it keeps nobody signed in, and says so when they are not any more."""
    view._is_passive = True  # type: ignore[attr-defined]
    return view


def _mark(view: View, who: str) -> View:
    view._open_to = who  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    app.before_request(guard)
    app.teardown_request(_end)


def _end(_: BaseException | None) -> None:
    """Whoever acted here does not act in what the thread does next."""
    audit.acting.set(Who())


def guard() -> ResponseReturnValue | None:
    """Runs before every view. One without a mark is refused: forgetting it is safe."""
    audit.acting.set(Who("nobody"))
    if isinstance(request.routing_exception, HTTPException):
        with suppress(SQLAlchemyError):  # without a database, the page that tells of it has no frame
            _find_sign_in()
        return None  # 404 and 405 are answered as such
    view = current_app.view_functions[request.endpoint or ""]
    match "all" if request.endpoint == "static" else getattr(view, "_open_to", None):
        case "all":
            return None
        case "sites":
            g.site = _calling_site()
            _check_reach(view)
            audit.acting.set(Who(Actor.BLOG.value))
            return None
        case "dialect":
            g.site = _site_of_dialect()
            _check_reach(view)
            audit.acting.set(Who(Actor.BLOG.value))
            return None
        case "moderators":
            return _require_moderator(is_passive=getattr(view, "_is_passive", False))
    raise NotAllowed("This address is not open to anybody.")


def _check_reach(view: Callable[..., Any]) -> None:
    if g.get("scores_only") and not getattr(view, "_takes_scoring_keys", False):
        raise NotAllowed("This key is for scoring alone; take one of the site's other keys.", code="key-scores-only")


def _calling_site() -> Site:
    if request.authorization is not None and request.authorization.type == "bearer":
        return _site_of_key(request.authorization.token or "")
    if "webhook-signature" in request.headers:
        return _site_of_signature()
    raise NotSignedIn(
        "Send `Authorization: Bearer <API key>`, or the Standard Webhooks headers webhook-id, "
        "webhook-timestamp and webhook-signature.",
        code="credentials-missing",
    )


def _site_of_dialect() -> Site:
    spoken = dialect.of_request()
    if spoken is None:
        raise NotAllowed("This address belongs to no dialect.")
    caller = spoken.caller()
    g.counted_as = caller.counted_as
    wait_s = services().dialect_calls.wait_s(caller.counted_as)
    if wait_s:
        raise RateLimited(retry_after_s=wait_s)
    return caller.site


def caller_of_key(key: str) -> Caller:
    """For the dialects that carry an API key of the site, each in its own place.

    Raises:
        NotSignedIn: it is missing, or none of ours.
    """
    if not key:
        raise NotSignedIn("Send the site's API key.", code="credentials-missing")
    found = _api_key(key)
    return Caller(found.site, found.prefix)


def _site_of_key(key: str) -> Site:
    return _api_key(key).site


def _api_key(key: str) -> ApiKey:
    now = utc_now()
    with services().database.read() as session:
        found = sites.find_key(session, key, now)
    if found is None:
        raise NotSignedIn("The API key is not one of ours, or it has ended.", code="api-key-invalid")
    if found.last_used_on is None or found.last_used_on < now.date():
        with services().database.write() as session:
            sites.note_use(session, found, now.date())
    g.scores_only = found.scores_only
    return found


def _site_of_signature() -> Site:
    now, body, secret_key = utc_now(), request.get_data(), services().settings.secret_key
    refusal = signing.SignatureInvalid()
    for site in _candidate_sites():
        try:
            good = [decrypt(sealed, secret_key) for sealed in site.webhook_secrets(now)]
            signing.verify(good, request.headers, body, now)
        except signing.SignatureInvalid as error:
            refusal = error  # another site's, perhaps
        else:
            return site
    raise refusal


def _candidate_sites() -> list[Site]:
    """The site that `?site=` names, or all of them: each secret belongs to one site alone."""
    slug = request.args.get("site")
    with services().database.read() as session:
        if slug is None:
            candidates = list_sites(session)
        else:
            named = site_by_slug(session, slug)
            candidates = [named] if named else []
    if slug is not None and not candidates:
        raise NotSignedIn("There is no site of the name given in ?site=.", code="unknown-site")
    if len(candidates) > UNNAMED_SITES:
        raise NotSignedIn("Name the site in the address: ?site=<its short name>.", code="unknown-site")
    return candidates


def set_session_cookie(response: Response, token: str, *, max_age: int) -> None:
    """Let the browser keep *token*, or with an age of 0 forget it."""
    response.set_cookie(
        session_cookie(),
        token,
        max_age=max_age,
        path="/",
        secure=services().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def renew_session() -> None:
    """The password was given again: the browser gets another token for the same sign-in."""
    with services().database.write() as session:
        token = moderators.renew_session(session, g.session)
    left = g.session.created_at + moderators.ABSOLUTE_LIMIT - utc_now()

    @after_this_request
    def _tell(response: Response) -> Response:
        set_session_cookie(response, token, max_age=int(left.total_seconds()))
        return response


def session_cookie() -> str:
    """The cookie's name; over https the prefix makes browsers refuse it from anywhere else."""
    return "__Host-moderation" if services().settings.secure_cookies else "moderation"


def _find_sign_in() -> ModeratorSession | None:
    """Who is signed in, and all that `g` tells of them."""
    token = request.cookies.get(session_cookie(), "")
    if not token:
        return None
    with services().database.read() as session:
        found = moderators.find_session(session, token, utc_now())
        own_sites = moderators.own_sites(session, found.moderator_id) if found else []
    if found is None:
        return None
    g.roles = {site.id: site.role for site in own_sites}
    g.site_names = {site.id: site.name for site in own_sites}
    g.asked_for_two_step = any(site.requires_two_step for site in own_sites)
    g.moderator, g.session = found.moderator, found
    audit.acting.set(Who(Actor.MODERATOR.value, found.moderator_id))
    return found


def _require_moderator(*, is_passive: bool) -> ResponseReturnValue | None:
    found, now = _find_sign_in(), utc_now()
    if found is None:
        if is_passive:
            return render_template("signed_out.html"), 286  # htmx asks no further
        if request.method != "GET":
            return redirect(url_for("sign_in.form", undone=1), 303)
        return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")), 303)
    is_first = found.moderator.first_password_ends_at is not None
    if (is_first and request.endpoint not in WITH_A_FIRST_PASSWORD) or (
        lacks_second_step() and request.endpoint not in WITHOUT_A_SECOND_STEP
    ):
        return ("", 204) if is_passive else redirect(url_for("account.account"), 303)
    if not is_passive and now - found.seen_at > moderators.SEEN_RESOLUTION:
        with services().database.write() as session:
            moderators.touch_session(session, found, now)
    return None


def lacks_second_step() -> bool:
    """Whether a site asks the signed-in person for a second factor that they have not set up."""
    return g.asked_for_two_step and not second_factor.is_on(g.moderator)


def readable_sites() -> list[Any]:
    """The ids of the sites that the signed-in person may look at."""
    return list(cast(dict[Any, Role], g.roles))


def site_names() -> dict[Any, str]:
    """What the sites are called that the signed-in person may look at, by their ids and in order."""
    return dict(g.site_names)


def decidable_sites() -> list[Any]:
    """The ids of the sites on which the signed-in person may decide."""
    return [site_id for site_id, role in g.roles.items() if role is not Role.VIEWER]


def owned_sites() -> list[Any]:
    """The ids of the sites that the signed-in person owns."""
    return [site_id for site_id, role in g.roles.items() if role is Role.OWNER]
