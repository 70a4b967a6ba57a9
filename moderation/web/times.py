"""Times as a page shows them: in the reader's own zone and language."""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import dates
from flask import g
from flask_babel import get_locale

from moderation import preferences
from moderation.web.translation import gettext, ngettext


@dataclass(frozen=True, slots=True)
class When:
    """A time, and its distance in words."""

    at: datetime
    words: str

    @property
    def exact(self) -> str:
        return exact(self.at)


def zone() -> ZoneInfo:
    """The time zone of the signed-in person; UTC for everybody else."""
    if not g or "moderator" not in g:
        return ZoneInfo("UTC")
    if "zone" not in g:
        g.zone = ZoneInfo(preferences.read(g.moderator).time_zone)
    return g.zone  # type: ignore[no-any-return]


def exact(at: datetime) -> str:
    """To the minute, with the zone's name: `Nov 23, 2026, 10:00 AM CET`."""
    here = at.astimezone(zone())
    return f"{calendar_day(here.date())}, {_clock(here.hour, here.minute, locale_name())} {here:%Z}"


def day(at: datetime) -> str:
    """The day it was in the reader's zone: `Nov 23, 2026`."""
    return calendar_day(at.astimezone(zone()).date())


def calendar_day(day: date) -> str:
    """A day that was noted without a time, and is the same in every zone: `Nov 23, 2026`."""
    return _date(day, locale_name())


# Kept: a page of a list writes dozens, most of the same days and all of the same 1,440 minutes.
@lru_cache(maxsize=4_096)
def _date(day: date, locale: str) -> str:
    return dates.format_date(day, "medium", locale=locale)


@lru_cache(maxsize=4_096)
def _clock(hour: int, minute: int, locale: str) -> str:
    return dates.format_time(time(hour, minute), "short", locale=locale)


def when(at: datetime, now: datetime) -> When:
    """A time and its distance in words; a month and more ago, its day."""
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 60:
        return When(at, gettext("just now"))
    if seconds < 3_600:
        return When(at, ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // 60))
    if seconds < 86_400:
        return When(at, ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // 3_600))
    days = seconds // 86_400
    if days > 30:
        return When(at, gettext("on %(day)s", day=day(at)))
    return When(at, ngettext("%(num)d day ago", "%(num)d days ago", days))


def locale_name() -> str:
    """What the page is written in; English outside a request, as in a command."""
    try:
        return g.locale_name  # type: ignore[no-any-return]  # asked for some thousand times on a page of figures
    except AttributeError:
        g.locale_name = str(get_locale() or "en")
        return g.locale_name  # type: ignore[no-any-return]
    except RuntimeError:
        return "en"
