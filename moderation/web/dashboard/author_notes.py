"""The notes on an author; a change of standing among them is said in its reader's language."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy.orm as so

from moderation import notes
from moderation.standing import Told, read_note
from moderation.storage.tables import Author
from moderation.web.card.cards import STANDINGS
from moderation.web.times import When, exact, when
from moderation.web.translation import gettext


@dataclass(frozen=True, slots=True)
class ShownNote:
    """`told` is our sentence about a standing, `text` what somebody wrote."""

    by: str
    when: When
    told: str
    text: str


def make_notes(session: so.Session, author: Author, now: datetime) -> list[ShownNote]:
    return [
        _shown(note.moderator.name, when(note.created_at, now), note.text)
        for note in notes.of_author(session, author.id)
    ]


def _shown(by: str, at: When, text: str) -> ShownNote:
    told = read_note(text)
    return ShownNote(by, at, _sentence(told), told.why) if told else ShownNote(by, at, "", text)


def _sentence(told: Told) -> str:
    if told.standing is None:
        return str(gettext("Standing: none any more."))
    standing = STANDINGS[told.standing]
    if told.until is None:
        return str(gettext("Standing: %(standing)s.", standing=standing))
    return str(gettext("Standing: %(standing)s until %(until)s.", standing=standing, until=exact(told.until)))
