"""The queues as pages: where each is found, what it is called, and what it says when it is empty."""

from dataclasses import dataclass

from moderation.storage.listing import Queue, Sort


@dataclass(frozen=True, slots=True)
class Shelf:
    """`waits` is whether somebody has to see to what is in it: only then is it counted in the navigation."""

    queue: Queue
    path: str
    title: str
    lead: str
    cheer: str
    empty: str
    waits: bool = False
    sort: Sort = Sort.NEWEST


SHELVES = (
    Shelf(
        Queue.HELD,
        "held",
        "Held",
        "Held until somebody decides.",
        "Nicely done.",
        "Nothing is waiting for a decision.",
        waits=True,
        sort=Sort.RISK,
    ),
    Shelf(
        Queue.ESCALATED,
        "escalated",
        "Escalated",
        "A moderator asks the owners to look at these.",
        "Nobody is stuck.",
        "No moderator has asked an owner to look at anything.",
        waits=True,
        sort=Sort.OLDEST,
    ),
    Shelf(
        Queue.REPORTED,
        "reported",
        "Reported",
        "These are published, and readers asked for a second look. “Keep” closes the reports.",
        "All quiet.",
        "No reader has reported anything that is still open.",
        waits=True,
    ),
    Shelf(
        Queue.NOT_SCORED,
        "not-scored",
        "Not scored",
        "No reader could read these in time, so there is no score: only a person can tell.",
        "Everything was read.",
        "No comment waits without a score.",
        waits=True,
        sort=Sort.OLDEST,
    ),
    Shelf(
        Queue.PUBLISHED,
        "published",
        "Published",
        "What the blog shows.",
        "Nothing yet.",
        "No comment is published.",
    ),
    Shelf(
        Queue.REJECTED,
        "rejected",
        "Rejected",
        "What the blog does not show. It can still be approved.",
        "Nothing yet.",
        "No comment is rejected.",
    ),
    Shelf(
        Queue.SPAM,
        "spam",
        "Spam",
        "What was marked as spam. It can still be approved.",
        "No spam at all.",
        "Enjoy it while it lasts.",
    ),
    Shelf(
        Queue.ALL,
        "all",
        "All",
        "Every comment that is not erased.",
        "Nothing yet.",
        "The first comment that the blog sends will be here.",
    ),
)
SHELF_OF_PATH = {shelf.path: shelf for shelf in SHELVES}
