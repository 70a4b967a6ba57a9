"""The dashboard's single keys: the help, the script and the preferences all read this one table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask_babel import LazyString

from moderation.preferences import Preferences
from moderation.web.translation import lazy_gettext


@dataclass(frozen=True, slots=True)
class Key:
    """`does` is what the script looks for: what carries that `data-does`, or one of its own movements."""

    key: str
    does: str
    help: LazyString


KEYS = (
    Key("j", "next", lazy_gettext("Go to the next comment")),
    Key("k", "previous", lazy_gettext("Go to the previous comment")),
    Key("f", "publish", lazy_gettext("Approve the comment")),
    Key("d", "reject", lazy_gettext("Reject the comment")),
    Key("s", "spam", lazy_gettext("Mark the comment as spam")),
    Key("e", "escalate", lazy_gettext("Ask an owner to look at the comment")),
    Key("n", "skip", lazy_gettext("Skip the comment: it comes last")),
    Key("x", "select", lazy_gettext("Select the comment")),
    Key("z", "undo", lazy_gettext("Undo the last decision or skip")),
    Key("r", "words", lazy_gettext("Choose a reason or write some words")),
    Key("o", "open", lazy_gettext("Open the comment")),
    Key("u", "author", lazy_gettext("See its author")),
    Key("c", "conversation", lazy_gettext("See the conversation around it")),
    Key("1", "queue-held", lazy_gettext("Go to what is held")),
    Key("2", "queue-reported", lazy_gettext("Go to what was reported")),
    Key("3", "queue-not-scored", lazy_gettext("Go to what was not scored")),
    Key("4", "queue-published", lazy_gettext("Go to what is published")),
    Key("5", "queue-rejected", lazy_gettext("Go to what was rejected")),
    Key("6", "queue-spam", lazy_gettext("Go to the spam")),
    Key("/", "search", lazy_gettext("Search")),
    Key("?", "help", lazy_gettext("Show or hide this help")),
)


def keys_of(chosen: Preferences) -> tuple[Key, ...]:
    """The table with somebody's own keys in it. A key that they gave away does what they gave it to."""
    moved = {does: key for does, key in chosen.keys.items() if any(item.does == does for item in KEYS)}
    taken = set(moved.values())
    table = (replace(item, key=moved.get(item.does, "" if item.key in taken else item.key)) for item in KEYS)
    return tuple(item for item in table if item.key)


def moved_keys(wanted: Mapping[str, str]) -> dict[str, str]:
    """What of the *wanted* keys, by what they do, is another than in the table: that is what is kept."""
    return {item.does: wanted[item.does] for item in KEYS if wanted.get(item.does, item.key) != item.key}


def given_twice(wanted: Mapping[str, str]) -> list[str]:
    """The keys that would do two things."""
    given = list(wanted.values())
    return sorted({key for key in given if given.count(key) > 1})
