"""What a site's people think of an author, for a time."""

from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    TRUSTED = "trusted"  # what only scores would hold is published
    WATCHED = "watched"  # everything is held
    BLOCKED = "blocked"  # everything is rejected, or held where the policy says so


def current(standing: Standing | None, until: datetime | None, now: datetime) -> Standing | None:
    """The standing, unless it has run out."""
    return None if until is not None and until <= now else standing
