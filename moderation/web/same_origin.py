"""A second lock beside the form's token: nothing is changed at the word of another website."""

import re
from urllib.parse import urlsplit

from flask import request

from moderation.domain.errors import NotAllowed
from moderation.web.services import services

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def refuse_cross_origin() -> None:
    """Runs before every view of the dashboard. Browsers that do not send Sec-Fetch-Site send Origin.

    Raises:
        NotAllowed: the request was started by another site.
    """
    if request.method in _SAFE_METHODS:
        return
    fetch_site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if fetch_site is not None:
        is_ours = fetch_site in {"same-origin", "none"}
    else:
        is_ours = origin is None or origin in _our_origins()
    if not is_ours:
        detail = "The form was sent by another website. Open the dashboard itself and try again there."
        raise NotAllowed(detail, code="cross-site-request")


def _our_origins() -> set[str]:
    public = urlsplit(services().settings.public_base_url)
    return {f"{request.scheme}://{request.host}", f"{public.scheme}://{public.netloc}"}


def local_path(value: str | None) -> str:
    """*value* if it is an address on this service, else the queue: nobody is sent elsewhere."""
    return value if value and _LOCAL_PATH.fullmatch(value) else "/"
