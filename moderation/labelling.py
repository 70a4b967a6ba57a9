"""A site says what the scores of a text should have been: kept as labels, from which its readers can learn."""

from collections.abc import Mapping
from datetime import datetime

from moderation.domain.comment import State
from moderation.storage import comments, labels
from moderation.storage.engine import Database
from moderation.storage.tables import Site


def suggest_scores(
    database: Database,
    site: Site,
    text: str,
    scores: Mapping[str, float],
    *,
    now: datetime,
    external_id: str = "",
    language: str = "",
) -> None:
    """Keep *scores* (0 to 1 by attribute) of *text*, linked to the comment *external_id* if it is stored here.

    An erased comment's text is not taken in again.
    """
    with database.write() as session:
        comment = comments.find_comment(session, site.id, external_id) if external_id else None
        if comment is not None and comment.state is State.ERASED:
            return
        for attribute, score in scores.items():
            labels.keep_label(
                session,
                site.id,
                text=text,
                attribute=attribute,
                score=score,
                now=now,
                comment=comment,
                external_id=external_id,
                language=language,
            )
