"""A dialect: another service's wire format, spoken under paths of its own.

Each is one module (or small package) in `dialects/`. It translates to and from the service's own verbs and has no
scoring, storage or policy of its own. Its views carry the mark `access.for_dialect`; its `refuse` renders every
error under its paths, also 404, 405, 413, 415, 429 and 500.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect

from moderation.storage.tables import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is. `counted_as` names the key in the count of its requests; it is never the secret."""

    site: Site
    counted_as: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """`paths` are its own with all below them. `caller` finds who calls, wherever the format carries the key, and
    raises `NotSignedIn`. `refuse` gets the error (ours, werkzeug's, or an unexpected one) and its usual status."""

    blueprint: Blueprint
    paths: tuple[str, ...]
    caller: Callable[[], Caller]
    refuse: Callable[[Exception, int], Response]

    def owns(self, path: str) -> bool:
        return any(path == own or path.startswith(own + "/") for own in self.paths)


class _OneSlash:
    """Takes `//` for `/`: people write the base address with a slash at its end, and few clients follow a redirect."""

    def __init__(self, app: "WSGIApplication", dialects: tuple[Dialect, ...]) -> None:
        self._app, self._dialects = app, dialects

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            merged = re.sub("/+", "/", path)
            if any(spoken.owns(merged) for spoken in self._dialects):
                environ["PATH_INFO"] = merged
        return self._app(environ, start_response)


def install(app: Flask, csrf: CSRFProtect, dialects: Iterable[Dialect]) -> None:
    app.extensions["dialects"] = tuple(dialects)
    for spoken in app.extensions["dialects"]:
        csrf.exempt(spoken.blueprint)  # carries no cookie: a key or a signature on every request
        app.register_blueprint(spoken.blueprint)
    app.wsgi_app = _OneSlash(app.wsgi_app, app.extensions["dialects"])  # type: ignore[method-assign]


def of_request() -> Dialect | None:
    """The dialect that this request's path belongs to."""
    return next((spoken for spoken in current_app.extensions.get("dialects", ()) if spoken.owns(request.path)), None)
