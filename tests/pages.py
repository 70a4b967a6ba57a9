"""Every page that a person can open, from the application's own table of addresses: a new one is found by itself.

An address with something to fill in takes it from EXAMPLES; one that nobody gave an example for is an error.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so
from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from moderation.storage.secrets import no_mail_token, status_token
from moderation.storage.tables import Author, Batch, Comment, Decision, Event, Membership, Site

# Pages for programs, and what is no page.
NOT_PAGES = {"static", "api", "health", "metrics", "openapi", "perspective"}

# What else a page takes, by its endpoint: each gives one more address.
VARIANTS: dict[str, list[str]] = {
    "dashboard.queue": [
        "sort=newest",
        "sort=oldest",
        "reason=insult",
        "reason=nothing-has-this",
        "attribute=toxicity&reason=listed_word",
    ],
    "dashboard.search.show": ["q=nothing-says-this", "q=author:nobody+reason:insult"],
    "insight.insight": ["days=1", "days=30", "days=90"],
    "insight.comments": [
        "figure=people",
        "figure=reason&key=insult",
        "figure=wait&key=0",
        "figure=band&key=7",
        "figure=own",
    ],
    "sign_in.form": ["undone=1", "next=/decided"],
}


def _comments(session: so.Session, secret_key: str) -> Iterable[object]:
    return session.scalars(sa.select(Comment.id))


def _of(column: so.InstrumentedAttribute[Any]) -> Callable[[so.Session, str], Iterable[object]]:
    return lambda session, secret_key: session.scalars(sa.select(column).limit(25))


EXAMPLES: dict[str, Callable[[so.Session, str], Iterable[object]]] = {
    "comment_id": _comments,
    "slug": _of(Site.slug),
    "author_id": _of(Author.id),
    "batch_id": _of(Batch.id),
    "decision_id": _of(Decision.id),
    "event_id": _of(Event.id),
    "mail_links.ask_to_end token": lambda session, key: [
        no_mail_token(row.moderator_id, row.site_id, key) for row in session.scalars(sa.select(Membership).limit(1))
    ],
    "token": lambda session, key: [status_token(each, key) for each in _comments(session, key)],
}


@dataclass(frozen=True, slots=True)
class Page:
    """`name` is the same for all addresses of a page that differ in what was filled in only."""

    path: str
    name: str


def pages(app: Flask, session: so.Session, secret_key: str, *, limit: int = 1_000) -> list[Page]:
    """Every page with every example, at most *limit* of each.

    Raises:
        LookupError: an address takes something that EXAMPLES does not know, or the database has none of it.
    """
    known: dict[str, list[object]] = {}
    addresses, found = app.url_map.bind("localhost"), []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.partition(".")[0] in NOT_PAGES:
            continue
        if getattr(app.view_functions[rule.endpoint], "_open_to", "all") not in {"all", "moderators"}:
            continue
        names = sorted(rule.arguments)
        choices = []
        for name in names:
            key = name if f"{rule.endpoint} {name}" not in EXAMPLES else f"{rule.endpoint} {name}"
            choices.append(_words(rule, name) or _examples(key, known, session, secret_key, limit))
        for values in itertools.product(*choices):
            path = shown = addresses.build(rule.endpoint, dict(zip(names, values, strict=True)))
            for name, value in zip(names, values, strict=True):
                shown = shown if _words(rule, name) else shown.replace(str(value), f"<{name}>")
            found.append(Page(path, shown))
            found += [Page(f"{path}?{query}", f"{shown}?{query}") for query in VARIANTS.get(rule.endpoint, [])]
    return list(dict.fromkeys(found))


def _words(rule: Rule, name: str) -> list[object]:
    """The words that an address may have in a place, where it lists them."""
    converter = rule._converters.get(name)
    return sorted(converter.items) if isinstance(converter, AnyConverter) else [*(rule.defaults or {}).values()]


def _examples(
    name: str, known: dict[str, list[object]], session: so.Session, secret_key: str, limit: int
) -> list[object]:
    if name not in known:
        if name not in EXAMPLES:
            raise LookupError(f"A new page takes <{name}>: say in EXAMPLES of tests/pages.py where one comes from.")
        known[name] = list(itertools.islice(EXAMPLES[name](session, secret_key), limit))
    if not known[name]:
        raise LookupError(f"The database has nothing to fill in for <{name}>.")
    return known[name]
