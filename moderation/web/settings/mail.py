"""Who is told by mail that comments wait: one's own choice, the owners' list, and the link that ends it."""

import uuid
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so
import structlog
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation.config import MailSettings
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.mail.messages import trial_mail
from moderation.mail.smtp import MailError, said, send
from moderation.storage import mail
from moderation.storage.secrets import membership_of_token
from moderation.storage.tables import Mail, Membership
from moderation.storage.types import utc_now
from moderation.web.access import for_moderators, open_to_all
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import owned_site
from moderation.web.times import exact, when
from moderation.web.translation import gettext as _
from moderation.web.translation import lazy_gettext

blueprint = Blueprint("mail", __name__)
blueprint.before_request(refuse_cross_origin)

# Without the form's token: a mail program sends this itself (RFC 8058), and knows the link.
links = Blueprint("mail_links", __name__)

log = structlog.get_logger(__name__)

TEST_TIMEOUT_S = 8.0  # somebody waits for the page
CHOICES = {
    Mail.NEVER: lazy_gettext("never"),
    Mail.AT_ONCE: lazy_gettext("at once"),
    Mail.HOURLY: lazy_gettext("every hour"),
    Mail.DAILY: lazy_gettext("every morning"),
}


@blueprint.get("/account/mail")
@for_moderators
def own() -> str:
    return _own_page()


@blueprint.post("/account/mail")
@for_moderators
def choose_own() -> ResponseReturnValue:
    """One's own choice for each site."""
    with services().database.write() as session:
        for row in mail.of_moderator(session, g.moderator.id):
            if (chosen := _choice(f"mail-{row.site_id}")) is not None:
                mail.choose(session, g.moderator, row.site_id, chosen, utc_now())
    flash(_("Saved. You are told as you chose."), "note")
    return redirect(url_for("mail.own"), 303)


@blueprint.post("/account/mail/test")
@for_moderators
def test_own() -> ResponseReturnValue:
    """A test mail to one's own address."""
    outcome, status = _send_test()
    return _own_page(outcome), status


@blueprint.get("/settings/<slug>/mail")
@for_moderators
def of_site(slug: str) -> str:
    return _site_page(slug)


@blueprint.post("/settings/<slug>/mail")
@for_moderators
def choose_for_site(slug: str) -> ResponseReturnValue:
    """The owner's choice for everybody of the site; each may change their own again."""
    site = owned_site(slug)
    with services().database.write() as session:
        for row in mail.of_site(session, site.id):
            if (chosen := _choice(f"mail-{row.moderator_id}")) is not None:
                mail.choose(session, row.moderator, site.id, chosen, utc_now())
    log.info("mail_chosen", site=site.slug, moderator=str(g.moderator.id))
    flash(_("Saved. They are told as you chose, and may change it for themselves."), "note")
    return redirect(url_for("mail.of_site", slug=slug), 303)


@blueprint.post("/settings/<slug>/mail/test")
@for_moderators
def test_for_site(slug: str) -> ResponseReturnValue:
    """A test mail to the owner's own address."""
    owned_site(slug)
    outcome, status = _send_test()
    return _site_page(slug, outcome), status


@links.get("/no-mail/<token>")
@open_to_all
def ask_to_end(token: str) -> ResponseReturnValue:
    """A question, not an act: mail programs follow links before anybody has read the mail."""
    found = _of_link(token)
    return render_template("no_mail.html", row=found, token=token, ended=False), 200 if found else 404


@links.post("/no-mail/<token>")
@open_to_all
def end(token: str) -> ResponseReturnValue:
    """No more mails about this site to that moderator. A mail program's own button ends here, too."""
    found = _of_link(token)
    if found is None:
        return render_template("no_mail.html", row=None, token=token, ended=False), 404
    with services().database.write() as session:
        mail.choose(session, found.moderator, found.site_id, Mail.NEVER, utc_now())
    log.info("mail_ended", site_id=str(found.site_id), moderator=str(found.moderator_id))
    return render_template("no_mail.html", row=found, token=token, ended=True)


def _of_link(token: str) -> Membership | None:
    key = membership_of_token(token, services().settings.secret_key)
    if key is None:
        return None
    with services().database.read() as session:
        return session.get(
            Membership, key, options=[so.joinedload(Membership.site), so.joinedload(Membership.moderator)]
        )


def _choice(field: str) -> Mail | None:
    """The choice in a field of the form; None where the form has no such field."""
    chosen = request.form.get(field)
    if chosen is None:
        return None
    if chosen not in set(Mail):
        raise InvalidRequest("The form has no known choice in it. Go back and load the page again.")
    return Mail(chosen)


def _send_test() -> tuple[tuple[bool, str], int]:
    """Whether it went out, and the sentence that says so."""
    settings = services().settings
    if settings.mail is None:
        raise NotFound("This installation sends no mail: SMTP_HOST is not set.")
    if not services().codes.may_try(f"mail:{g.moderator.id}"):
        return (False, _("That were many test mails. Try again in a minute.")), 429
    try:
        message = trial_mail(settings.mail, settings.public_base_url, to=g.moderator, now=utc_now())
        send(settings.mail, message, timeout_s=TEST_TIMEOUT_S)
    except MailError as error:
        log.warning("mail.test_failed", moderator=str(g.moderator.id), error=str(error))
        return (False, said(str(error), _)), 200
    log.info("mail.test_sent", moderator=str(g.moderator.id))
    return (True, _("The mail server took it. Look into your inbox, and into the spam folder.")), 200


def _own_page(outcome: tuple[bool, str] | None = None) -> str:
    with services().database.read() as session:
        rows = [(row, row.site_id, row.site.name) for row in mail.of_moderator(session, g.moderator.id)]
        return _page("account_mail.html", session, rows, outcome)


def _site_page(slug: str, outcome: tuple[bool, str] | None = None) -> str:
    site = owned_site(slug)
    with services().database.read() as session:
        rows = [(row, row.moderator_id, row.moderator.name) for row in mail.of_site(session, site.id)]
        return _page("settings_mail.html", session, rows, outcome, site=site)


def _page(
    template: str,
    session: so.Session,
    rows: list[tuple[Membership, uuid.UUID, str]],
    outcome: tuple[bool, str] | None,
    **values: Any,
) -> str:
    now = utc_now()
    lines = [
        {
            "name": f"mail-{key}",
            "label": label,
            "chosen": row.mail,
            "mailed": when(row.mailed_at, now) if row.mailed_at else None,
            "error": said(row.mail_error, _),
            "again": exact(row.mail_next_at) if row.mail_error and row.mail_next_at else "",
            "address": row.moderator.email if "moderator" not in sa.inspect(row).unloaded else "",
        }
        for row, key, label in rows
    ]
    server: MailSettings | None = services().settings.mail
    return page(template, session, lines=lines, choices=CHOICES, server=server, outcome=outcome, **values)
