"""The Flask application: settings in, collaborators wired, everything closed by default."""

import hashlib
from datetime import timedelta

import structlog
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import PathConverter

from moderation.classifier.artifact import ModelError
from moderation.classifier.loading import load_reader
from moderation.config import Settings
from moderation.scoring import Scorer
from moderation.storage.engine import Database
from moderation.storage.moderators import ABSOLUTE_LIMIT
from moderation.text.language import load as load_languages
from moderation.web import (
    access,
    api,
    compression,
    dialect,
    dialects,
    health,
    language,
    links,
    logs,
    metrics,
    openapi,
    problems,
    services,
)
from moderation.web.account import pages as account_pages
from moderation.web.account import sign_in
from moderation.web.dashboard import appeals
from moderation.web.dashboard import pages as dashboard_pages
from moderation.web.insight import pages as insight_pages
from moderation.web.settings import akismet, coral, deliveries, mail, new_site, people, policy, reasons, site
from moderation.web.status import pages as status_pages
from moderation.web.throttle import KeyThrottle

log = structlog.get_logger(__name__)

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class OwnId(PathConverter):
    """A blog's own id in an address. With `path` one that begins with a slash was sent on to another comment."""

    part_isolating, regex = False, ".+?"


def create_app(settings: Settings, *, database: Database | None = None, scorer: Scorer | None = None) -> Flask:
    """The service as a WSGI application; what is not given is made from *settings*."""
    app = Flask(__name__)
    app.url_map.converters["own_id"] = OwnId
    _configure(app, settings)
    given = services.Services(
        settings=settings,
        database=database or Database(settings.database_url),
        scorer=scorer or make_scorer(settings),
        dialect_calls=KeyThrottle(settings.requests_per_minute),
    )
    services.install(app, given)
    logs.install(app)
    metrics.install(app, given)
    language.install(app)
    links.install(app)
    compression.install(app)
    access.install(app)
    problems.install(app)
    csrf = CSRFProtect(app)
    csrf.exempt(api.blueprint)  # carries no cookie: a key or a signature on every request
    csrf.exempt(status_pages.blueprint)  # carries no cookie either: the link is the permission
    for blueprint in (api.blueprint, health.blueprint, openapi.blueprint):
        app.register_blueprint(blueprint)
    for blueprint in (sign_in.blueprint, account_pages.blueprint, dashboard_pages.blueprint, insight_pages.blueprint):
        app.register_blueprint(blueprint)
    for blueprint in (status_pages.blueprint, appeals.blueprint):
        app.register_blueprint(blueprint)
    for blueprint in (site.blueprint, new_site.blueprint, policy.blueprint, reasons.blueprint, people.blueprint):
        app.register_blueprint(blueprint)
    app.register_blueprint(deliveries.blueprint)
    app.register_blueprint(akismet.blueprint)
    app.register_blueprint(coral.blueprint)
    csrf.exempt(mail.links)
    for blueprint in (mail.blueprint, mail.links):
        app.register_blueprint(blueprint)
    dialect.install(app, csrf, dialects.ALL)
    app.after_request(_secure)
    return app


def make_scorer(settings: Settings) -> Scorer:
    """A scorer with the models of the settings.

    Without a usable careful reader the quick one reads alone; without that one, comments are held. Both is logged.
    """
    reader, unusable = None, ""
    load_languages()  # else the first comment would wait for it
    try:
        loaded = load_reader(settings.model, careful=settings.careful_reader)
        reader, unusable = loaded.reader, loaded.unusable
        reader.read("The first text takes longer than all others.")
    except ModelError as error:
        log.error("model_not_loaded", reason=str(error))
    if unusable:
        log.error("careful_reader_unusable", reason=unusable, reads_instead=reader.model if reader else None)
    return Scorer(
        reader,
        deadline_s=settings.scoring_deadline_s,
        threads=settings.scoring_threads,
        careful_unusable=unusable,
    )


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_batch_bytes,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        SESSION_COOKIE_NAME="__Host-form" if settings.secure_cookies else "form",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_LIMIT,
        WTF_CSRF_SSL_STRICT=False,  # same_origin.py looks at Sec-Fetch-Site and Origin instead of Referer
        WTF_CSRF_TIME_LIMIT=int(timedelta(hours=12).total_seconds()),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    app.session_interface.digest_method = hashlib.sha256  # type: ignore[attr-defined]  # Flask's own is SHA-1
    app.json.sort_keys = False  # type: ignore[attr-defined]  # answers keep the order of the documentation
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _secure(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    # Not `no-referrer`: with that, browsers send `Origin: null` from our own forms.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Request-Id"] = problems.request_id()
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    if services.services().settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
