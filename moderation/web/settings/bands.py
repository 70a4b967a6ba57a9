"""The page of the bands: how the last weeks' scores lie, where the edges are, and what other edges would have done."""

from dataclasses import dataclass
from typing import Any

from moderation import rehearsal
from moderation.domain.comment import Action
from moderation.domain.policy import Band
from moderation.domain.reading import ATTRIBUTES
from moderation.rehearsal import Effect
from moderation.storage.policies import from_document
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.web.card.marking import label_of
from moderation.web.dashboard.frame import page
from moderation.web.services import services
from moderation.web.translation import gettext as _
from moderation.web.translation import lazy_gettext, ngettext

Document = dict[str, Any]

HEIGHT = 40  # of a histogram, in its own units; it is 100 wide, one for each percent
ROWS = 10  # of the table that says the same
MADE = {
    Action.PUBLISH: lazy_gettext("published"),
    Action.HOLD: lazy_gettext("held"),
    Action.REJECT: lazy_gettext("rejected"),
}
OUTCOMES = {
    Action.PUBLISH: lazy_gettext("Published"),
    Action.HOLD: lazy_gettext("Held"),
    Action.REJECT: lazy_gettext("Rejected"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where a band begins, in percent; 100 is never. `catches` says how many comments lie from there on."""

    name: str
    label: str
    percent: str
    words: str
    catches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute with its histogram: `bars` as (x, height), `table` as (from, to, count) in percent."""

    name: str
    label: str
    edges: tuple[Edge, Edge]
    bars: list[tuple[float, float]]
    table: list[tuple[int, int, int]]


def bands_page(site: Site, document: Document, version: int, chosen: Document, message: str = "") -> str:
    """The page with the *chosen* bands in its form, beside those of the *document* that is in force."""
    database, policy = services().database, from_document(document, version)
    effect = rehearsal.bands(database, site, policy, {name: Band(**band) for name, band in chosen.items()}, utc_now())
    with database.read() as session:
        return page(
            "settings_bands.html",
            session,
            site=site,
            version=version,
            effect=effect,
            attributes=[_attribute(name, chosen[name], effect) for name in ATTRIBUTES],
            outcomes=[
                (OUTCOMES[action], effect.before[action], effect.after[action], _difference(effect.a_day(action)))
                for action in OUTCOMES
            ],
            summary=_summary(effect),
            moves=[
                (_move(before, after, count), effect.examples[before, after])
                for (before, after), count in effect.moves.most_common()
            ],
            period=last_days(effect.days),
            height=HEIGHT,
            is_tried=chosen != document["bands"],
            message=message,
        )


def _attribute(name: str, band: Document, effect: Effect) -> Attribute:
    label, counts = label_of(name).capitalize(), effect.spread[name]
    hold, reject = effect.caught[name]
    width, per_row = 100 / len(counts), len(counts) // ROWS
    most = max(counts) or 1
    return Attribute(
        name=name,
        label=label,
        edges=(
            _edge(f"{name}.hold", _("Hold from"), band["hold"], hold, effect.days),
            _edge(f"{name}.reject", _("Reject from"), band["reject"], reject, effect.days),
        ),
        # By the square root, because nearly every score is low; a single comment is still to be seen.
        bars=[(width * i, max(HEIGHT * (n / most) ** 0.5, 1.5)) for i, n in enumerate(counts) if n],
        table=[
            (100 * row // ROWS, 100 * (row + 1) // ROWS, sum(counts[row * per_row : (row + 1) * per_row]))
            for row in range(ROWS)
        ],
    )


def _edge(name: str, label: str, share: float | None, count: int, days: float) -> Edge:
    if share is None:
        return Edge(name=name, label=label, percent="100", words=_("never"), catches="")
    comments = ngettext("%(n)s comment reaches it", "%(n)s comments reach it", count, n=f"{count:,}")
    percent = f"{share * 100:g}"
    catches = _("%(comments)s, %(number)s a day", comments=comments, number=number(count / days))
    return Edge(name=name, label=label, percent=percent, words=f"{percent} %", catches=catches)


def _summary(effect: Effect) -> str:
    """What a person would say: `With these bands, 31 more a day would be held and 12 fewer published.`"""
    parts = [
        (_("%(n)s more a day would be %(made)s") if a_day > 0 else _("%(n)s fewer a day would be %(made)s"))
        % {"n": number(abs(a_day)), "made": MADE[action]}
        for action in (Action.HOLD, Action.REJECT, Action.PUBLISH)
        if (a_day := effect.a_day(action))
    ]
    if not parts:
        return str(_("With these bands nothing would have been decided in another way."))
    return str(_("With these bands, %(what)s.", what="; ".join(parts)))


def _move(before: Action, after: Action, count: int) -> str:
    sentence = ngettext(
        "%(n)s comment that is %(before)s now would be %(after)s:",
        "%(n)s comments that are %(before)s now would be %(after)s:",
        count,
        n=f"{count:,}",
        before=MADE[before],
        after=MADE[after],
    )
    return str(sentence)


def _difference(a_day: float) -> str:
    if not a_day:
        return str(_("as many"))
    n = number(abs(a_day))
    return str(_("%(n)s more a day", n=n) if a_day > 0 else _("%(n)s fewer a day", n=n))


def last_days(days: float) -> str:
    """`the last 2.5 days`, to stand in a sentence."""
    return str(_("the last day") if number(days) == "1" else _("the last %(days)s days", days=number(days)))


def number(value: float) -> str:
    """To the unit where it is large, with two digits where it is small."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.1f}".removesuffix(".0")
