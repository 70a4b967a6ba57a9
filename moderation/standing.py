"""An owner trusts, watches or blocks an author, for a time or until further notice."""

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.domain.errors import InvalidRequest, NotFound
from moderation.domain.standing import Standing
from moderation.storage import audit, authors
from moderation.storage.engine import Database
from moderation.storage.tables import Author, Moderator, Note

MAX_WHY = 1_000
_MINUTE = "%Y-%m-%d %H:%M"
_TOLD = re.compile(
    rf"Standing: (?:none any more|({'|'.join(Standing)})(?: until (\d{{4}}-\d\d-\d\d \d\d:\d\d) UTC)?)\.(?: (.*))?",
    re.DOTALL,
)


def change(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    author_id: uuid.UUID,
    standing: Standing | None,
    until: datetime | None = None,
    why: str = "",
    now: datetime,
) -> Author:
    """Give an author of the *site_ids* (those the moderator owns) a standing, or none; a note tells of it.

    Raises:
        NotFound: there is no such author on these sites.
        InvalidRequest: it would have ended before it begins, or *why* is too long.
    """
    if until is not None and until <= now:
        raise InvalidRequest("Choose an end that is still to come.", code="standing-over")
    if len(why) > MAX_WHY:
        raise InvalidRequest(
            "The reason has at most %(most)d characters.", code="note-too-long", values={"most": MAX_WHY}
        )
    why = why.replace("\x00", "\ufffd")  # PostgreSQL stores no NUL
    with database.write() as session:
        author = authors.find_author(session, site_ids, author_id)
        if author is None:
            raise NotFound("There is no such author on your sites.")
        author.standing, author.standing_why = standing, why if standing else ""
        author.standing_until = until if standing else None
        author.standing_by, author.standing_at = moderator.id, now
        text = _sentence(standing, until, why)
        session.add(
            Note(site_id=author.site_id, author_id=author.id, moderator_id=moderator.id, text=text, created_at=now)
        )
        content = {"author": str(author.id), "standing": standing.value if standing else None}
        audit.append(session, author.site_id, "standing", content, who=audit.Who("moderator", moderator.id), now=now)
        return author


@dataclass(frozen=True, slots=True)
class Told:
    """A change of standing as a note tells of it."""

    standing: Standing | None
    until: datetime | None
    why: str


def read_note(text: str) -> Told | None:
    """The change that a note tells of, so that a page can say it in its reader's language; None for any other note."""
    found = _TOLD.fullmatch(text)
    if found is None:
        return None
    kind, until, why = found.groups()
    try:
        end = datetime.strptime(until, _MINUTE).replace(tzinfo=UTC) if until else None
    except ValueError:  # somebody wrote a note in these words, with the 99th of a month
        return None
    return Told(Standing(kind) if kind else None, end, why or "")


def _sentence(standing: Standing | None, until: datetime | None, why: str) -> str:
    """The change in words, for the history that notes are."""
    if standing is None:
        return " ".join(filter(None, ["Standing: none any more.", why]))
    end = f" until {until.astimezone(UTC):{_MINUTE}} UTC" if until else ""
    return " ".join(filter(None, [f"Standing: {standing.value}{end}.", why]))
