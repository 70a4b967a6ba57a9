"""Numbers, shares and durations in the reader's language, as exact as a person wants them."""

from functools import lru_cache

from babel import numbers

from moderation.web.times import locale_name
from moderation.web.translation import gettext, ngettext

# A unit, and from where on people use it: 80 seconds, but 1.9 minutes rather than 112 seconds.
STEPS = ((86_400, 48 * 3_600), (3_600, 90 * 60), (60, 90), (1, 0))


def amount(count: float) -> str:
    return _decimal(count, locale_name())


@lru_cache(maxsize=8_192)
def _decimal(count: float, locale: str) -> str:
    """Kept: a page of insight writes many hundred of them."""
    return numbers.format_decimal(count, locale=locale)


def percent(share: float) -> str:
    """With a decimal only where there would be none or all."""
    is_near_an_end = 0 < share < 0.01 or 0.99 < share < 1
    return _percent(share, "0.0%" if is_near_an_end else "0%", locale_name())


@lru_cache(maxsize=8_192)
def _percent(share: float, pattern: str, locale: str) -> str:
    return numbers.format_percent(share, format=pattern, locale=locale)


def lasting(seconds: float) -> str:
    """`40 seconds`, `1.9 minutes`, `14 minutes`, `2.5 hours`, `3 days`."""
    size = next(size for size, beginning in STEPS if seconds >= beginning)
    count = seconds / size
    count = round(count, 1) if size > 1 and count < 10 else round(count)
    shown, whole = amount(count), 1 if count == 1 else 2
    match size:
        case 86_400:
            return str(ngettext("%(count)s day", "%(count)s days", whole, count=shown))
        case 3_600:
            return str(ngettext("%(count)s hour", "%(count)s hours", whole, count=shown))
        case 60:
            return str(ngettext("%(count)s minute", "%(count)s minutes", whole, count=shown))
    return str(ngettext("%(count)s second", "%(count)s seconds", whole, count=shown))


def taking(milliseconds: int) -> str:
    """`70 ms`, and `15 seconds` for what takes long."""
    if milliseconds >= 1_000:
        return lasting(milliseconds / 1_000)
    return str(gettext("%(count)s ms", count=amount(milliseconds)))
