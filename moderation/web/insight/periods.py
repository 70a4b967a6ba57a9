"""A stretch of the past as its reader counts it: the hours of a day, or the days of their own time zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from moderation.storage.insight import Window
from moderation.storage.tallies import HOUR, hour_of, start_of

DAYS = (1, 7, 30, 90)


@dataclass(frozen=True, slots=True)
class Slot:
    """One column of a chart: an hour, or a day in the zone."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """The last 24 hours, or so many days to today. It begins and ends at full hours, as the tallies do:
    where a zone is not whole hours from UTC, its days begin at the next one.
    """

    days: int
    zone: ZoneInfo
    slots: tuple[Slot, ...]

    @property
    def window(self) -> Window:
        return Window(self.slots[0].since, self.slots[-1].until)

    def by_slot(self, by_hour: Sequence[int]) -> list[int]:
        """The sums of counts by the hours of the window; of no counts at all, noughts."""
        first, _ = self.window.hours
        return [sum(by_hour[hour_of(slot.since) - first : hour_of(slot.until) - first]) for slot in self.slots]

    def by_hour_of_day(self, by_hour: Iterable[Sequence[int]]) -> list[int]:
        """What several counts by the hours of the window come to at each hour of the day."""
        counts = [0] * 24
        for numbers in by_hour:
            for hour, number in zip(_hours_of_day(*self.window.hours, self.zone), numbers, strict=True):
                counts[hour] += number
        return counts


@lru_cache(maxsize=32)
def _hours_of_day(first: int, last: int, zone: ZoneInfo) -> tuple[int, ...]:
    return tuple(start_of(hour).astimezone(zone).hour for hour in range(first, last))


def period(days: int, zone: ZoneInfo, now: datetime) -> Period:
    end = _full_hour(now + timedelta(microseconds=1))
    if days == 1:
        return Period(1, zone, tuple(Slot(end - (n + 1) * HOUR, end - n * HOUR) for n in reversed(range(24))))
    today = now.astimezone(zone).date()
    begins = [_begin(today - timedelta(days=n), zone) for n in reversed(range(days))]
    ends = [*begins[1:], max(end, begins[-1] + HOUR)]
    return Period(days, zone, tuple(Slot(since, until) for since, until in zip(begins, ends, strict=True)))


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return _full_hour(datetime.combine(day, time(), zone).astimezone(UTC))


def _full_hour(at: datetime) -> datetime:
    whole = start_of(hour_of(at))
    return whole if whole == at else whole + HOUR
