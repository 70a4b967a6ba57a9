"""What a list is narrowed to and sorted by, as its address says it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy.orm as so
from flask import g, url_for

from moderation.domain.reading import ATTRIBUTES
from moderation.storage import few, queues
from moderation.storage.listing import Filters, Hits, Place, Sort
from moderation.web import cursors
from moderation.web.access import readable_sites, site_names
from moderation.web.card.marking import label_of
from moderation.web.dashboard.mine import mine
from moderation.web.dashboard.shelves import Shelf
from moderation.web.translation import gettext as _
from moderation.web.translation import lazy_gettext

SORTS = {
    Sort.RISK: lazy_gettext("Highest risk first"),
    Sort.NEWEST: lazy_gettext("Newest first"),
    Sort.OLDEST: lazy_gettext("Oldest first"),
}
# What the machine gives as its reason besides a score, and how the list of filters calls it.
REASONS = {
    "listed_word": lazy_gettext("Listed word"),
    "pattern": lazy_gettext("Pattern"),
    "too_many_links": lazy_gettext("Many links"),
    "repeated_text": lazy_gettext("Repeated text"),
    "language_unsupported": lazy_gettext("Other language"),
    "edited_after_decision": lazy_gettext("Edited after a decision"),
    "author_watched": lazy_gettext("Watched author"),
    "author_blocked": lazy_gettext("Blocked author"),
    "author_trusted": lazy_gettext("Trusted author"),
}
CODES = {name.lower(): name for name in ATTRIBUTES}

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to narrow a list by; `value` is the present choice."""

    name: str
    label: str
    value: str
    options: Options


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader of a queue asked for. A site that is not theirs is as good as none.

    `hits` are the comments that have the reasons, once `found` has looked and they are few.
    """

    sort: Sort
    attribute: str = ""
    reason: str = ""
    article_id: uuid.UUID | None = None
    site_id: uuid.UUID | None = None
    hits: Hits | None = None

    @property
    def site_ids(self) -> list[uuid.UUID]:
        return [self.site_id] if self.site_id else readable_sites()

    @property
    def asked(self) -> Filters:
        """As the address says."""
        return Filters(
            reasons=tuple(code for code in (self.attribute, self.reason) if code),
            article_ids=(self.article_id,) if self.article_id else (),
        )

    @property
    def left_to_others(self) -> tuple[str, ...]:
        """What the reader wants to be spared, unless they ask for it here."""
        return tuple(name.lower() for name in mine().opted_out if name.lower() != self.attribute)

    @property
    def filters(self) -> Filters:
        return replace(self.asked, without_reasons=self.left_to_others, asker_id=g.moderator.id, hits=self.hits)

    def found(self, session: so.Session, shelf: Shelf) -> "Wish":
        """The same, with its `hits`: for a page that asks several questions about the list."""
        return replace(self, hits=few.hits(session, self.site_ids, shelf.queue, self.filters))

    @property
    def is_narrow(self) -> bool:
        return bool(self.attribute or self.reason or self.article_id or self.site_id)


def read_wish(shelf: Shelf, args: Mapping[str, str]) -> Wish:
    sort, site_id = args.get("sort", ""), _uuid(args.get("site", ""))
    attribute = args.get("attribute", "")
    return Wish(
        sort=Sort(sort) if sort in list(Sort) else shelf.sort,
        attribute=attribute if attribute in CODES else "",
        reason=args.get("reason", ""),
        article_id=_uuid(args.get("article", "")),
        site_id=site_id if site_id in readable_sites() else None,
    )


def address(
    shelf: Shelf, wish: Wish, after: Place | None = None, *, endpoint: str = "dashboard.queue", **more: object
) -> str:
    """The address of a list from a place on, as short as it can be, or of what else is said of that list."""
    return url_for(
        endpoint,
        name=shelf.path,
        sort=wish.sort.value if wish.sort is not shelf.sort else None,
        attribute=wish.attribute or None,
        reason=wish.reason or None,
        article=wish.article_id,
        site=wish.site_id,
        after=cursors.of_risk(after.risk, after.id) if after else None,
        **more,  # type: ignore[arg-type]
    )


def fields(session: so.Session, shelf: Shelf, wish: Wish) -> list[Field]:
    """What the form above a list offers: the order, and then what can be left out of it."""
    found = [
        Field("sort", _("Order"), wish.sort.value, [(sort.value, str(label)) for sort, label in SORTS.items()]),
        Field("attribute", _("Score"), wish.attribute, [("", _("Any score")), *_attributes()]),
        Field("reason", _("Other reason"), wish.reason, [("", _("Any reason")), *_reasons(wish.reason)]),
    ]
    if articles := _articles(session, shelf, wish):
        value = str(wish.article_id or "")
        found.append(Field("article", _("Article"), value, [("", _("All articles")), *articles]))
    return [*found, *site_field(wish.site_id)]


def site_field(site_id: uuid.UUID | None) -> list[Field]:
    """The choice of one site, where there are several."""
    some = sorted(((str(key), name) for key, name in site_names().items()), key=lambda item: item[1])
    return [Field("site", _("Site"), str(site_id or ""), [("", _("All sites")), *some])] if len(some) > 1 else []


def _attributes() -> Options:
    return [(code, label_of(name).capitalize()) for code, name in CODES.items()]


def _reasons(present: str) -> Options:
    """The usual reasons, and the present one also when it is a rarer one."""
    called = label_of(CODES[present]).capitalize() if present in CODES else present
    rare = [(present, called)] if present and present not in REASONS else []
    return [*((code, str(label)) for code, label in REASONS.items()), *rare]


def _articles(session: so.Session, shelf: Shelf, wish: Wish) -> Options:
    """The articles that the top of the list is about, those with the most comments there first."""
    everywhere = replace(wish.filters, article_ids=())
    found = queues.articles_in(session, wish.site_ids, shelf.queue, filters=everywhere, also=wish.article_id)
    return [
        (str(article.id), f"{_short(article.title or article.url or article.external_id)} ({count})")
        for article, count in found
    ]


def _short(title: str) -> str:
    return title if len(title) <= 60 else title[:60] + "…"


def _uuid(word: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(word)
    except ValueError:
        return None
