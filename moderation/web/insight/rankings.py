"""What there was most of: reasons, and articles."""

from collections.abc import Sequence

from moderation.storage.insight import Figures
from moderation.web.card.marking import LABELS
from moderation.web.dashboard.narrowing import REASONS
from moderation.web.insight.charts import Bar
from moderation.web.insight.panels import Cell, Link, Panel, count_cell
from moderation.web.translation import gettext, lazy_gettext

# What no list can be narrowed to.
RARER = {
    "not_scored": lazy_gettext("not scored"),
    "reported": lazy_gettext("reported"),
    "empty_text": lazy_gettext("no text"),
    "text_too_long": lazy_gettext("too long to be read whole"),
}


def reasons(figures: Figures, link: Link) -> Panel:
    ranking = figures.reasons.most_common()
    return _ranking(
        name="reasons",
        title=gettext("Reasons"),
        lead=gettext("Why the machine did not simply publish. A comment may have several reasons."),
        head=(gettext("reason"), gettext("comments")),
        entries=[(code, name_of_reason(code), number, link("reason", key=code)) for code, number in ranking],
    )


def name_of_reason(code: str) -> str:
    words = LABELS.get(code.upper()) or REASONS.get(code) or RARER.get(code) or code.replace("_", " ")
    return str(words)[:1].upper() + str(words)[1:]


def articles(figures: Figures, link: Link) -> Panel:
    return _ranking(
        name="articles",
        title=gettext("Most held articles"),
        lead=gettext("Where the machine held the most comments."),
        head=(gettext("article"), gettext("held")),
        entries=[
            (
                article.title or article.external_id,
                article.title or article.external_id,
                number,
                link("held", key=article.key),
            )
            for article, number in figures.articles
        ],
    )


def _ranking(
    *, name: str, title: str, lead: str, head: tuple[str, str], entries: Sequence[tuple[str, str, int, str]]
) -> Panel:
    highest = max((number for _, _, number, _ in entries), default=1)
    return Panel(
        name=name,
        shape="ranking",
        title=title,
        lead=lead,
        head=head,
        rows=tuple((Cell(value, shown), count_cell(number, url)) for value, shown, number, url in entries),
        bars=tuple(Bar("held", 0, 0, round(number / highest * 100, 1), 10) for _, _, number, _ in entries),
        is_empty=not entries,
    )
