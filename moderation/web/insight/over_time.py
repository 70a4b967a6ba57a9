"""What happened when: by hour or day, and by the hour of the day."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import dates

from moderation.domain.comment import Action, Actor
from moderation.domain.estimates import quantile
from moderation.storage.insight import Figures
from moderation.web.insight.charts import Place, grouped, stacked
from moderation.web.insight.panels import Cell, Link, Panel, count_cell
from moderation.web.insight.periods import Period, Slot
from moderation.web.numbers import amount, lasting
from moderation.web.times import locale_name
from moderation.web.translation import gettext, ngettext


def comments(figures: Figures, period: Period, link: Link) -> Panel:
    """What came, by what the machine did with it."""
    kinds = {Action.PUBLISH: gettext("published"), Action.HOLD: gettext("held"), Action.REJECT: gettext("rejected")}
    series = {action: period.by_slot(figures.by_hour.get(("arrived", action), [])) for action in kinds}
    return _over_time(
        period,
        link,
        name="comments",
        figure="arrived",
        title=gettext("Comments"),
        lead=ngettext(
            "%(count)s comment came.", "%(count)s comments came.", figures.arrived, count=amount(figures.arrived)
        ),
        description=gettext("How many comments came, by what the machine did with them at once."),
        series=[(action.value, words, series[action]) for action, words in kinds.items()],
    )


def decisions(figures: Figures, period: Period, link: Link) -> Panel:
    """What was decided, by whom."""
    kinds = {
        Actor.MACHINE: gettext("the machine"),
        Actor.MODERATOR: gettext("moderators"),
        Actor.BLOG: gettext("the blog’s staff"),
    }
    series = {actor: period.by_slot(figures.by_hour.get(("decided", actor), [])) for actor in kinds}
    people = figures.total("decided", Actor.MODERATOR) + figures.total("decided", Actor.BLOG)
    return _over_time(
        period,
        link,
        name="decisions",
        figure="decided",
        title=gettext("Decisions"),
        lead=ngettext(
            "People decided %(count)s time.", "People decided %(count)s times.", people, count=amount(people)
        ),
        description=gettext("How many decisions were made, by whom. What was taken back is not counted."),
        series=[(actor.value, words, series[actor]) for actor, words in kinds.items()],
    )


def _over_time(
    period: Period,
    link: Link,
    *,
    name: str,
    figure: str,
    title: str,
    lead: str,
    description: str,
    series: Sequence[tuple[str, str, Sequence[int]]],
) -> Panel:
    """A stacked column and a row of the table for each slot of the period."""
    places, rows, nothing = [], [], gettext("none")
    for n, slot in enumerate(period.slots):
        ends = {"since": slot.since, "until": slot.until}
        cells = [count_cell(counts[n], link(figure, key=key, **ends)) for key, _, counts in series]
        said = ", ".join(
            f"{cell.shown} {words}" for cell, (_, words, _) in zip(cells, series, strict=True) if cell.value
        )
        whole = link("people" if figure == "decided" else figure, **ends)
        at = _named(period, slot)
        places.append(Place(f"{at.shown}: {said or nothing}", whole, *_tick(period, n)))
        rows.append((at, *cells))
    return Panel(
        name=name,
        shape="columns",
        title=title,
        lead=lead,
        description=description,
        chart=stacked(places, [(key, counts) for key, _, counts in series]),
        legend=tuple((key, words) for key, words, _ in series),
        head=(gettext("hour") if period.days == 1 else gettext("day"), *(words for _, words, _ in series)),
        rows=tuple(rows),
        is_empty=not any(sum(counts) for _, _, counts in series),
    )


def hours(figures: Figures, period: Period, link: Link) -> Panel:
    """When in the day comments come, and when people decide."""
    arrived = [by_hour for (kind, _), by_hour in figures.by_hour.items() if kind == "arrived"]
    decided = [by_hour for (kind, by), by_hour in figures.by_hour.items() if kind == "decided" and by != Actor.MACHINE]
    came, done = period.by_hour_of_day(arrived), period.by_hour_of_day(decided)
    places, rows = [], []
    for hour in range(24):
        name = f"{hour:02}:00"
        label = gettext(
            "%(hour)s: %(came)s comments, %(done)s decisions by people",
            hour=name,
            came=amount(came[hour]),
            done=amount(done[hour]),
        )
        url = link("arrived", hour=hour)
        places.append(Place(label, url, str(hour) if hour % 3 == 0 else "", hour % 6 != 0))
        rows.append((Cell(name, name), count_cell(came[hour], url), count_cell(done[hour], link("people", hour=hour))))
    names = (gettext("comments"), gettext("decisions by people"))
    busiest = max(range(24), key=came.__getitem__)
    return Panel(
        name="hours",
        shape="columns",
        title=gettext("Through the day"),
        lead=gettext(
            "Most comments come between %(from)s and %(to)s.", **{"from": f"{busiest}:00", "to": f"{busiest + 1}:00"}
        ),
        description=gettext("Comments and people’s decisions by the hour of the day, in your time."),
        chart=grouped(places, [("came", came), ("done", done)]),
        legend=(("came", names[0]), ("done", names[1])),
        head=(gettext("hour"), *names),
        rows=tuple(rows),
        is_empty=not any(came) and not any(done),
    )


def pace(figures: Figures, period: Period, link: Link) -> Panel:
    """One's own decisions; nobody else's."""
    total, gap = sum(figures.own), quantile(figures.gaps, 0.5)
    numbers = period.by_slot(figures.own)
    places = [
        Place(
            f"{_named(period, slot).shown}: {amount(numbers[n])}",
            link("own", since=slot.since, until=slot.until),
            *_tick(period, n),
        )
        for n, slot in enumerate(period.slots)
    ]
    said = [
        ngettext("You decided %(count)s time.", "You decided %(count)s times.", total, count=amount(total)),
        gettext(
            "On average, %(count)s in an hour in which you decided at all.",
            count=amount(round(total / max(sum(map(bool, figures.own)), 1), 1)),
        ),
        ""
        if gap is None
        else gettext("Half of the time you took at most %(gap)s from one to the next.", gap=lasting(gap)),
    ]
    return Panel(
        name="pace",
        shape="columns",
        title=gettext("Your own pace"),
        lead=" ".join(filter(None, [*said, gettext("Only you see this.")])),
        description=gettext("How many decisions you made."),
        chart=stacked(places, [("moderator", numbers)]),
        head=(gettext("hour") if period.days == 1 else gettext("day"), gettext("your decisions")),
        rows=tuple(
            (_named(period, slot), count_cell(numbers[n], places[n].url)) for n, slot in enumerate(period.slots)
        ),
        is_empty=not total,
    )


def _tick(period: Period, n: int) -> tuple[str, bool]:
    """What is written below a column, and whether a phone leaves it out."""
    at, last = period.slots[n].since.astimezone(period.zone), len(period.slots) - 1
    if period.days == 1:
        return (f"{at:%H}", n % 6 != 5) if n % 3 == 2 else ("", False)
    every = {7: 1, 30: 5, 90: 15}.get(period.days, 1)
    if (last - n) % every:
        return "", False
    return _day(at.date(), "MMMd", locale_name()), (last - n) // every % 2 == 1


def _named(period: Period, slot: Slot) -> Cell:
    """What an hour or a day is called, in a file and on the page."""
    return _calling(slot.since, period.zone, period.days == 1, locale_name())


@lru_cache(maxsize=4_096)  # a page names each of them three times, and those of the past stay
def _calling(since: datetime, zone: ZoneInfo, is_hour: bool, locale: str) -> Cell:
    at = since.astimezone(zone)
    if is_hour:
        return Cell(at.isoformat(timespec="minutes"), f"{_day(at.date(), 'E', locale)} {at:%H:%M}")
    return Cell(f"{at:%Y-%m-%d}", _day(at.date(), "MMMEd", locale))


@lru_cache(maxsize=4_096)
def _day(day: date, skeleton: str, locale: str) -> str:
    return dates.format_skeleton(skeleton, day, locale=locale)
