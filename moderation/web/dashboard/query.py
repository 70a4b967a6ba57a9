"""The search box: one line of words and `field:value` pairs, read into what is to be found."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from moderation.storage.listing import Queue
from moderation.web.translation import gettext as _

LONGEST = 300
STATES = {
    "held": Queue.HELD,
    "reported": Queue.REPORTED,
    "not-scored": Queue.NOT_SCORED,
    "escalated": Queue.ESCALATED,
    "appealed": Queue.APPEALS,
    "published": Queue.PUBLISHED,
    "rejected": Queue.REJECTED,
    "spam": Queue.SPAM,
}
FIELDS = ("author", "article", "reason", "is", "since", "until", "on", "site")

_TOKEN = re.compile(r'(?:(?P<field>[^\W\d_]+):(?!//))?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]*))(?=\s|$)\s*')
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_AGO = re.compile(r"(\d{1,4})d")


class BadQuery(ValueError):
    """The line cannot be read; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is to be found: all of it at once. `since` and `until` are days, both included."""

    words: tuple[str, ...] = ()
    author: str = ""
    article: str = ""
    site: str = ""
    reasons: tuple[str, ...] = ()
    queue: Queue = Queue.ALL
    since: date | None = None
    until: date | None = None


def parse(line: str, *, today: date, reasons: Mapping[str, str]) -> Query:
    """Read a search. *reasons* has the code of each reason under every name that people may give it.

    Raises:
        BadQuery: as above.
    """
    line = line.strip().replace("“", '"').replace("”", '"').replace("„", '"')
    if len(line) > LONGEST:
        raise BadQuery(_("A search has at most %(most)s characters.", most=LONGEST))
    if line.count('"') % 2:
        raise BadQuery(_('A quote is not closed: put a second " behind the words.'))
    query, at, seen = Query(), 0, set()
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None or token.end() == at:
            raise BadQuery(_('Leave a space before and after words in "quotes".'))
        at = token.end()
        field, value = (token["field"] or "").lower(), (token["quoted"] or token["plain"] or "").strip()
        if not field:
            query = replace(query, words=(*query.words, value)) if value else query
            continue
        if field in seen and field != "reason":
            raise BadQuery(_("“%(field)s:” can be given once.", field=field))
        seen.add(field)
        query = _with(query, field, value, today, reasons)
    if query.since and query.until and query.since > query.until:
        raise BadQuery(_("The search ends before it begins: look at “since:” and “until:”."))
    return query


def _with(query: Query, field: str, value: str, today: date, reasons: Mapping[str, str]) -> Query:
    if field not in FIELDS:
        known = ", ".join(f"{name}:" for name in FIELDS)
        raise BadQuery(
            _(
                "“%(field)s:” is nothing to search by; there are %(known)s. Words with a colon go in quotes.",
                field=field,
                known=known,
            )
        )
    if not value:
        raise BadQuery(_("“%(field)s:” wants something behind it, without a space.", field=field))
    match field:
        case "author":
            return replace(query, author=value)
        case "article":
            return replace(query, article=value)
        case "site":
            return replace(query, site=value)
        case "reason":
            code = reasons.get(spelt(value))
            if code is None:
                raise BadQuery(
                    _("There is no reason “%(value)s”. Try one of: %(some)s.", value=value, some=_names(reasons))
                )
            return replace(query, reasons=(*query.reasons, code))
        case "is":
            state = spelt(value)
            if state not in STATES:
                raise BadQuery(
                    _("A comment is never “%(value)s”, but: %(states)s.", value=value, states=", ".join(STATES))
                )
            return replace(query, queue=STATES[state])
        case _:
            first, last = _days(value, today)
            since = first if field in {"since", "on"} else query.since
            return replace(query, since=since, until=last if field in {"until", "on"} else query.until)


def spelt(name: str) -> str:
    """A name as it is looked up: small letters, one hyphen between words."""
    return "-".join(re.split(r"[\s_-]+", name.strip().lower()))


def _names(reasons: Mapping[str, str]) -> str:
    """One name for each code, the first that was given."""
    firsts = {code: name for name, code in reversed(list(reasons.items()))}
    return ", ".join(sorted(firsts.values()))


def _days(value: str, today: date) -> tuple[date, date]:
    """The first and last day that *value* names: a day, a month, a year, `today`, `yesterday`, or `7d` ago."""
    word = value.lower()
    if word in {"today", "yesterday"}:
        day = today - timedelta(days=word == "yesterday")
        return day, day
    if ago := _AGO.fullmatch(word):
        day = today - timedelta(days=int(ago[1]))
        return day, day
    try:
        if found := _DAY.fullmatch(word):
            year, month, day_of_month = (int(part) if part else None for part in found.groups())
            if year and day_of_month and month:
                day = date(year, month, day_of_month)
                return day, day
            if year and month:
                return date(year, month, 1), date(year, month, monthrange(year, month)[1])
            if year:
                return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        pass
    raise BadQuery(_("“%(value)s” is no day. Write 2026-11-23, 2026-11, today, yesterday or 7d.", value=value))
