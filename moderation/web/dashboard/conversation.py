"""The conversation around a comment: the article, what it answers, and what answers it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy.orm as so
from flask import Blueprint

from moderation.domain.comment import State
from moderation.domain.errors import NotFound
from moderation.storage import comments, conversations
from moderation.storage.tables import Comment, Decision
from moderation.web.access import for_moderators, readable_sites
from moderation.web.card.cards import STATES, web_address
from moderation.web.card.eyes import Eyes, Said, said, text_of
from moderation.web.dashboard.fragments import page_or_part
from moderation.web.dashboard.frame import eyes
from moderation.web.services import services
from moderation.web.times import When, when

blueprint = Blueprint("conversation", __name__)

EXCERPT = 500
SHOWN = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One comment among others. `id` is None for one that only the blog knows."""

    id: uuid.UUID | None
    author: str
    author_id: uuid.UUID | None = None
    article: str = ""
    when: When | None = None
    state: State | None = None
    state_words: str = ""
    said: Said
    is_this: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """`above` ends with the comment itself."""

    title: str
    url: str
    excerpt: str
    above: list[Turn]
    below: list[Turn]


@blueprint.get("/comments/<uuid:comment_id>/conversation")
@for_moderators
def show(comment_id: uuid.UUID) -> str:
    """The conversation as a page, or as the part of a card."""
    with services().database.read() as session:
        row = comments.find_card(session, readable_sites(), comment_id)
        if row is None:
            raise NotFound("There is nothing of this kind on your sites.")
        found = make_conversation(session, row, eyes())
        return page_or_part("conversation", session, conversation=found, comment_id=comment_id)


def make_conversation(session: so.Session, comment: Comment, looking: Eyes) -> Conversation:
    above = conversations.above(session, comment)
    below = conversations.below(session, comment)
    turns = make_turns(session, [*above, comment, *below], looking, this=comment.id)
    before = turns[: len(above)] or _as_sent(comment, looking)
    article = comment.article
    return Conversation(
        title=article.title if article else "",
        url=web_address(article.url) if article else "",
        excerpt=excerpt(article.text) if article else "",
        above=[*before, turns[len(above)]],
        below=turns[len(above) + 1 :],
    )


def make_turns(
    session: so.Session,
    rows: Sequence[Comment],
    looking: Eyes,
    *,
    this: uuid.UUID | None = None,
    with_article: bool = False,
) -> list[Turn]:
    """Each with the words marked that its own score rests on; *with_article* where each is under another one."""
    verdicts = comments.machine_verdicts(session, rows)
    return [
        _turn(row, verdicts.get(row.id), looking, is_this=row.id == this, with_article=with_article) for row in rows
    ]


def _turn(row: Comment, verdict: Decision | None, looking: Eyes, *, is_this: bool, with_article: bool) -> Turn:
    return Turn(
        id=row.id,
        author=row.author_name,
        author_id=row.author_id,
        article=row.article.title if with_article and row.article else "",
        when=when(row.created_at, looking.now),
        state=row.state,
        state_words=STATES[row.state],
        # What weighed most in a harmless comment is of no interest here.
        said=said(row, verdict, looking, shown=SHOWN, with_marks=bool(verdict and verdict.receipt.get("reasons"))),
        is_this=is_this,
    )


def _as_sent(comment: Comment, looking: Eyes) -> list[Turn]:
    """What the comment answers, where the blog told us its text but never sent it to be decided."""
    sent = comment.parent_text
    shown = Said(text_of(sent, {}, looking, shown=SHOWN), is_cut=len(sent) > SHOWN)
    return [Turn(id=None, author="", said=shown)] if sent else []


def excerpt(text: str, size: int = EXCERPT) -> str:
    """The beginning of *text*, up to a word's end."""
    words = " ".join(text[: size * 2].split())
    if len(words) <= size:
        return words + (" …" if len(text) > size * 2 else "")
    return words[: size + 1].rsplit(" ", 1)[0] + " …"
