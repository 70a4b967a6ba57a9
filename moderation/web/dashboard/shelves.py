"""The queues as pages: where each is found, what it is called, and what it says when it is empty."""

from dataclasses import dataclass

from flask_babel import LazyString

from moderation.storage.listing import Queue, Sort
from moderation.web.translation import lazy_gettext


@dataclass(frozen=True, slots=True)
class Shelf:
    """`waits` is whether somebody has to see to what is in it: only then is it counted in the navigation.

    `by_score` is whether many of its comments may be decided at once, by their score.
    """

    queue: Queue
    path: str
    title: LazyString
    lead: LazyString
    cheer: LazyString
    empty: LazyString
    waits: bool = False
    sort: Sort = Sort.NEWEST
    by_score: bool = False


SHELVES = (
    Shelf(
        Queue.HELD,
        "held",
        lazy_gettext("Held"),
        lazy_gettext("Held until somebody decides."),
        lazy_gettext("Nicely done."),
        lazy_gettext("Nothing is waiting for a decision."),
        waits=True,
        sort=Sort.RISK,
        by_score=True,
    ),
    Shelf(
        Queue.REPORTED,
        "reported",
        lazy_gettext("Reported"),
        lazy_gettext("These are published, and readers asked for a second look. “Keep” closes the reports."),
        lazy_gettext("All quiet."),
        lazy_gettext("No reader has reported anything that is still open."),
        waits=True,
        by_score=True,
    ),
    Shelf(
        Queue.NOT_SCORED,
        "not-scored",
        lazy_gettext("Not scored"),
        lazy_gettext("No reader could read these in time, so there is no score: only a person can tell."),
        lazy_gettext("Everything was read."),
        lazy_gettext("No comment waits without a score."),
        waits=True,
        sort=Sort.OLDEST,
    ),
    Shelf(
        Queue.ESCALATED,
        "escalated",
        lazy_gettext("Escalated"),
        lazy_gettext("A moderator asks the owners to look at these."),
        lazy_gettext("Nobody is stuck."),
        lazy_gettext("No moderator has asked an owner to look at anything."),
        waits=True,
        sort=Sort.OLDEST,
    ),
    Shelf(
        Queue.PUBLISHED,
        "published",
        lazy_gettext("Published"),
        lazy_gettext("What the blog shows."),
        lazy_gettext("Nothing yet."),
        lazy_gettext("No comment is published."),
        by_score=True,
    ),
    Shelf(
        Queue.REJECTED,
        "rejected",
        lazy_gettext("Rejected"),
        lazy_gettext("What the blog does not show. It can still be approved."),
        lazy_gettext("Nothing yet."),
        lazy_gettext("No comment is rejected."),
        by_score=True,
    ),
    Shelf(
        Queue.SPAM,
        "spam",
        lazy_gettext("Spam"),
        lazy_gettext("What was marked as spam. It can still be approved."),
        lazy_gettext("No spam at all."),
        lazy_gettext("Enjoy it while it lasts."),
        by_score=True,
    ),
    Shelf(
        Queue.ALL,
        "all",
        lazy_gettext("All"),
        lazy_gettext("Every comment that is not erased."),
        lazy_gettext("Nothing yet."),
        lazy_gettext("The first comment that the blog sends will be here."),
    ),
)
SHELF_OF_PATH = {shelf.path: shelf for shelf in SHELVES}
