"""Addresses that a page says again and again, with another id each time."""

import uuid

from flask import Flask, g, url_for

_ANY = uuid.UUID(int=0)


def install(app: Flask) -> None:
    app.jinja_env.globals["link_to"] = link_to


def link_to(endpoint: str, **key: uuid.UUID) -> str:
    """As `url_for` for an address with one id in it: built once a page, and not for each of its cards."""
    ((name, value),) = key.items()
    known: dict[str, list[str]] = g.setdefault("links", {})
    if endpoint not in known:
        known[endpoint] = url_for(endpoint, **{name: _ANY}).split(str(_ANY))  # type: ignore[arg-type]
    return str(value).join(known[endpoint])
