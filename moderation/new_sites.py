"""A new site: its short name is checked, and its first API key and webhook secret are made."""

import re
from dataclasses import dataclass

import sqlalchemy.exc
import sqlalchemy.orm as so

from moderation.domain.errors import Conflict, InvalidRequest
from moderation.storage import sites
from moderation.storage.secrets import encrypt
from moderation.storage.tables import Site
from moderation.webhooks.signing import new_secret

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class NewSite:
    """`key` and `secret` are seen this once: we keep a hash of the one, and the other encrypted."""

    row: Site
    key: str
    secret: str


def add(session: so.Session, *, slug: str, name: str, webhook_url: str | None, secret_key: str) -> NewSite:
    """Add a site; nobody is on it yet. The webhook's address was checked by whoever calls.

    Raises:
        InvalidRequest: no such short name can be.
        Conflict: a site has it already.
    """
    if not SLUG.fullmatch(slug):
        raise InvalidRequest(
            "A short name has 1 to 63 of the characters a-z, 0-9 and -, and begins with a letter or digit."
        )
    if sites.site_by_slug(session, slug):
        raise Conflict("There is a site %(name)s already.", values={"name": slug})
    secret = new_secret()
    try:
        row = sites.add_site(
            session, slug=slug, name=name or slug, webhook_url=webhook_url, webhook_secret=encrypt(secret, secret_key)
        )
    except sqlalchemy.exc.IntegrityError as error:
        raise Conflict("There is a site %(name)s already.", values={"name": slug}) from error
    return NewSite(row, sites.add_key(session, row), secret)
