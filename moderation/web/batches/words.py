"""A batch in words: what it did to which comments, and what its sample shows."""

import math
import uuid
from typing import Any

import sqlalchemy.orm as so
from flask_babel import format_percent

from moderation.batches import Stage, stage
from moderation.domain.comment import Action
from moderation.proof import AUTHOR, SELECTED, Proof, must_be_judged, proof_of
from moderation.storage import authors, comments
from moderation.storage.tables import Batch
from moderation.web.card.marking import label_of
from moderation.web.dashboard.narrowing import CODES, REASONS
from moderation.web.dashboard.shelves import SHELVES
from moderation.web.translation import gettext, lazy_gettext, ngettext

TITLES = {
    (Action.PUBLISH, False): lazy_gettext("Approve many comments"),
    (Action.REJECT, False): lazy_gettext("Reject many comments"),
    (Action.SPAM, False): lazy_gettext("Mark many comments as spam"),
    (Action.PUBLISH, True): lazy_gettext("Approved"),
    (Action.REJECT, True): lazy_gettext("Rejected"),
    (Action.SPAM, True): lazy_gettext("Marked as spam"),
}
_SHELF_TITLES = {shelf.queue.value: shelf.title for shelf in SHELVES}


def title_of(batch: Batch) -> str:
    return str(TITLES[batch.action, stage(batch) is not Stage.DRAWN])


def selection_of(query: dict[str, Any], names: dict[str, str]) -> str:
    """What was selected; *names* are what reasons, articles and authors are called, by code or id."""
    if query.get("way") == SELECTED:
        return str(gettext("Selected one by one"))
    where = " + ".join(str(_SHELF_TITLES.get(queue, queue)) for queue in query.get("queues", []))
    parts = [where, *(gettext("reason: %(name)s", name=names.get(code, code)) for code in query.get("reasons", []))]
    if query.get("way") == AUTHOR:
        parts.append(gettext("all by %(name)s", name=names.get(query["author_id"]) or gettext("somebody")))
    parts += [gettext("on “%(name)s”", name=names.get(key, key)) for key in query.get("article_ids", [])]
    if query.get("way") != AUTHOR and ("risk_from" in query or "risk_to" in query):
        parts.append(
            gettext(
                "score from %(low)s to %(high)s",
                low=percent(query.get("risk_from", 0.0)),
                high=percent(query.get("risk_to", 1.0)),
            )
        )
    return ", ".join(part for part in parts if part)


def done_of(batch: Batch) -> str:
    """What it did, in a sentence."""
    match batch.action:
        case Action.PUBLISH:
            return str(ngettext("Approved %(num)d comment.", "Approved %(num)d comments.", batch.done))
        case Action.SPAM:
            return str(ngettext("Marked %(num)d comment as spam.", "Marked %(num)d comments as spam.", batch.done))
    return str(ngettext("Rejected %(num)d comment.", "Rejected %(num)d comments.", batch.done))


def counts_of(batch: Batch) -> str:
    """How far it is, or what came of it."""
    done = ngettext("%(num)d comment", "%(num)d comments", batch.done)
    parts = [done]
    if batch.skipped:
        parts.append(ngettext("%(num)d skipped", "%(num)d skipped", batch.skipped))
    if left := batch.query.get("left", 0):
        parts.append(ngettext("%(num)d left out", "%(num)d left out", left))
    if batch.restored:
        parts.append(ngettext("%(num)d taken back", "%(num)d taken back", batch.restored))
    return ", ".join(parts)


def sample_of(batch: Batch) -> str:
    """The sample in half a sentence."""
    proof = proof_of(batch)
    if not proof.judged:
        return str(gettext("not judged") if proof.drawn else gettext("each was looked at"))
    found = _found(batch.action, proof)
    return found if not must_be_judged(batch) else gettext("%(found)s, %(bound)s", found=found, bound=bound_of(proof))


def bound_of(proof: Proof) -> str:
    if proof.is_whole:
        return str(gettext("and every one of them was looked at"))
    return str(gettext("at most about %(share)s with 95 %% confidence", share=ceiling(proof.at_most)))


def _found(action: Action, proof: Proof) -> str:
    if action is Action.PUBLISH:
        return str(gettext("%(wrong)d of %(judged)d bad", wrong=proof.wrong, judged=proof.judged))
    return str(gettext("%(wrong)d of %(judged)d fine", wrong=proof.wrong, judged=proof.judged))


def percent(share: float) -> str:
    """A share in whole percents, as people say it."""
    return str(format_percent(share, "#,##0 %"))


def ceiling(share: float) -> str:
    """A bound in whole percents: rounded up, so that it still holds."""
    return percent(math.ceil(share * 100 - 1e-9) / 100)


def names_of(session: so.Session, site_id: uuid.UUID, query: dict[str, Any]) -> dict[str, str]:
    """What the reasons, the articles and the author of a selection are called."""
    names = {code: str(label) for code, label in REASONS.items()} | {
        code: label_of(name) for code, name in CODES.items()
    }
    if author_id := query.get("author_id"):
        author = authors.find_author(session, [site_id], uuid.UUID(author_id))
        names[author_id] = author.name if author else ""
    for article_id in query.get("article_ids", []):
        names[article_id] = comments.article_title(session, site_id, uuid.UUID(article_id))
    return names


def news_of(batch: Batch) -> str:
    """What was just done, in a sentence."""
    match stage(batch):
        case Stage.UNDONE:
            return str(
                ngettext(
                    "Taken back: %(num)d comment is where it was.",
                    "Taken back: %(num)d comments are where they were.",
                    batch.restored,
                )
            )
        case Stage.UNDOING:
            return str(gettext("The batch is being taken back."))
    done = done_of(batch)
    if not batch.skipped:
        return done
    skipped = ngettext(
        "%(num)d was skipped: somebody else was first.", "%(num)d were skipped: somebody else was first.", batch.skipped
    )
    return f"{done} {skipped}"
