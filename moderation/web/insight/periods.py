"""A stretch of the past as its reader counts it: the hours of a day, or the days of their own time zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from moderation.storage.insight import Window
from moderation.storage.tallies import HOUR, hour_of, start_of

DAYS = (1, 7, 30, 90)


@dataclass(frozen=True, slots=True)
class Slot:
    """One column of a chart: an hour, or a day in the zone."""

    since: datetime
    until: datetime

    def sum(self, by_hour: Mapping[int, int]) -> int:
        return sum(by_hour.get(hour, 0) for hour in range(hour_of(self.since), hour_of(self.until)))


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

    def by_hour_of_day(self, several: Iterable[Iterable[Mapping[int, int]]]) -> list[list[int]]:
        """For each of *several*, what its counts by hour come to at each hour of the day."""
        hour_of_day = {hour: start_of(hour).astimezone(self.zone).hour for hour in range(*self.window.hours)}
        counts = []
        for some in several:
            counts.append(each := [0] * 24)
            for by_hour in some:
                for hour, number in by_hour.items():
                    each[hour_of_day[hour]] += number
        return counts


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
