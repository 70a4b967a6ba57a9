"""Which panels a page of insight has, in which order."""

from moderation.storage.insight import Figures
from moderation.web.insight.over_time import comments, decisions, hours, pace
from moderation.web.insight.panels import Link, Panel
from moderation.web.insight.periods import Period
from moderation.web.insight.rankings import articles, reasons
from moderation.web.insight.shares import agreement, machine, waits


def panels(figures: Figures, period: Period, link: Link) -> list[Panel]:
    made = [
        comments(figures, period, link),
        decisions(figures, period, link),
        machine(figures, link),
        waits(figures, link),
        agreement(figures, link),
        reasons(figures, link),
        articles(figures, link),
        pace(figures, period, link),
    ]
    return made if period.days == 1 else [*made[:2], hours(figures, period, link), *made[2:]]
