"""How much of it the machine did, how long people took, and whether they came to what the score had said."""

from moderation.domain.comment import Action
from moderation.domain.estimates import Share, quantile, seconds_of
from moderation.storage.insight import Figures
from moderation.storage.person_decisions import BANDS
from moderation.web.insight.charts import Place, shares, split, stacked
from moderation.web.insight.panels import Cell, Link, Panel, count_cell, rate, share_cell
from moderation.web.numbers import amount, lasting, percent
from moderation.web.translation import gettext, ngettext

# The first of these that a wait does not exceed is its class; bounds in seconds.
WAITS = (300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600, 72 * 3_600, float("inf"))


def machine(figures: Figures, link: Link) -> Panel:
    """How much the machine settled alone when it came."""
    alone, total = figures.by_machine_alone, figures.arrived
    words = {
        Action.PUBLISH: gettext("published by the machine"),
        Action.HOLD: gettext("held for people"),
        Action.REJECT: gettext("rejected by the machine"),
    }
    counts = {action: figures.total("arrived", action) for action in words}
    return Panel(
        name="machine",
        shape="split",
        title=gettext("Decided by the machine"),
        lead=gettext("%(share)s of the comments never waited for a person.", share=percent(alone.value)),
        bars=tuple(split([(action.value, number) for action, number in counts.items()])),
        legend=tuple((action.value, name) for action, name in words.items()),
        head=(gettext("on arrival"), gettext("comments"), gettext("share")),
        rows=tuple(
            (
                Cell(name, name),
                count_cell(counts[action], link("arrived", key=action.value)),
                share_cell(counts[action], total),
            )
            for action, name in words.items()
        ),
        is_empty=not total,
    )


def wait_class(bucket: int) -> int:
    return next(n for n, bound in enumerate(WAITS) if seconds_of(bucket) <= bound)


def waits(figures: Figures, link: Link) -> Panel:
    """How long held comments waited for a person."""
    names = wait_names()
    counts = [0] * len(WAITS)
    for bucket, number in figures.waits.items():
        counts[wait_class(bucket)] += number
    total = sum(counts)
    median, ninth = (quantile(figures.waits, share) for share in (0.5, 0.9))
    lead = (
        ""
        if median is None or ninth is None
        else gettext(
            "Half of the held comments were decided within %(median)s, 9 of 10 within %(ninth)s (to 5 percent).",
            median=lasting(median),
            ninth=lasting(ninth),
        )
    )
    places = [
        Place(f"{name}: {amount(counts[n])}", link("wait", key=str(n)), short, n % 2 == 1)
        for n, (name, short) in enumerate(names)
    ]
    return Panel(
        name="wait",
        shape="columns",
        title=gettext("Time to decision"),
        lead=lead,
        description=gettext("How many held comments waited how long for a person’s decision."),
        chart=stacked(places, [("moderator", counts)]),
        head=(gettext("waited"), gettext("comments"), gettext("share")),
        rows=tuple(
            (Cell(name, name), count_cell(counts[n], places[n].url), share_cell(counts[n], total))
            for n, (name, _) in enumerate(names)
        ),
        is_empty=not total,
    )


def wait_names() -> list[tuple[str, str]]:
    """Of each class, long and short."""
    return [
        (gettext("up to 5 minutes"), gettext("5 min")),
        (gettext("5 to 15 minutes"), gettext("15 min")),
        (gettext("15 minutes to an hour"), gettext("1 h")),
        (gettext("1 to 4 hours"), gettext("4 h")),
        (gettext("4 to 12 hours"), gettext("12 h")),
        (gettext("12 to 24 hours"), gettext("24 h")),
        (gettext("1 to 3 days"), gettext("3 d")),
        (gettext("more than 3 days"), gettext("more")),
    ]


def agreement(figures: Figures, link: Link) -> Panel:
    """Whether people came to what the score had said."""
    whole = figures.agreement()
    values = [figures.agreement(band) for band in range(BANDS)]
    places, rows = [], []
    for band, share in enumerate(values):
        name, url = band_name(band), link("band", key=str(band))
        places.append(Place(f"{name}: {_told(share)}", url, "" if band % 2 else f"{10 * band}–{10 * band + 10}%"))
        differing, refused = share.of - share.hits, figures.refused(band)
        rows.append(
            (
                Cell(name, name),
                count_cell(share.of, url),
                count_cell(differing, link("band", key=f"{band}-differ")),
                Cell(rate(refused), percent(refused.value) if refused.of else "–"),
                Cell(rate(share), percent(share.value) if share.of else "–"),
                Cell(_interval(share), _interval(share) if share.is_telling else gettext("too few to tell")),
            )
        )
    return Panel(
        name="agreement",
        shape="shares",
        title=gettext("Agreement with the score"),
        lead=gettext("People came to what the score had said: %(told)s.", told=_told(whole)),
        description=gettext(
            "A score that was a reason to hold agrees with a rejection, one that was none with an approval. "
            "The line at each point is its 95 % interval; a hollow point rests on too few decisions. "
            "Comments under a listed word, a pattern or without a score are left out."
        ),
        chart=shares(places, values),
        head=(
            gettext("score"),
            gettext("decided by people"),
            gettext("differently"),
            gettext("refused"),
            gettext("agreement"),
            gettext("95 % interval"),
        ),
        rows=tuple(rows),
        is_empty=not whole.of,
    )


def band_name(band: int) -> str:
    return f"{10 * band}–{10 * band + 10}%"


def _told(share: Share) -> str:
    if not share.is_telling:
        few = ngettext("too few to tell (%(num)d decision)", "too few to tell (%(num)d decisions)", share.of)
        return str(few)
    told = gettext(
        "in %(share)s of %(count)s decisions (%(interval)s)",
        share=percent(share.value),
        count=amount(share.of),
        interval=_interval(share),
    )
    return str(told)


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{percent(low)}–{percent(high)}" if share.of else ""
