"""How the readers do where words mislead: disguises, violent topics, names of groups, comments that answer others."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np

from moderation.classifier.both import BothReaders
from moderation.classifier.careful.columns import (
    READERS,
    Columns,
    Json,
    Mask,
    compared,
    held,
    of_attribute,
    read_columns,
)
from moderation.classifier.careful.fitting import Unseen
from moderation.classifier.challenges import FLAGGED_INNOCENT, VIOLENT, by_term, madlibs
from moderation.classifier.figures import mean_estimate, roc_auc
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY, Context

# Read sixteen times each, at some 8 ms. More innocent ones, because the threshold rests on the few that are held.
_TOXIC, _INNOCENT = 700, 1_300
_SENTENCES = 8_000  # of bias_madlibs
_FEWEST = 20  # rows in violent words that a share is stated of


def disguises(
    both: BothReaders,
    unseen: Unseen,
    texts: Sequence[str],
    seed: int,
    most_toxic: int = _TOXIC,
    most_innocent: int = _INNOCENT,
) -> Json:
    """The share of the recall that is left when held-back comments are disguised, at the same false positives.

    Each reader's threshold is that of the policy for the comments as they are; for the disguised ones it is moved
    to where as many innocent ones (disguised too) are held.
    """
    toxic = of_talk(unseen, texts, True, seed, most_toxic)
    innocent = of_talk(unseen, texts, False, seed, most_innocent)
    if not toxic or not innocent:
        return {}
    hold = DEFAULT_BANDS[TOXICITY].hold or 0.5
    caught = {reader: scores >= hold for reader, scores in toxicity(both, toxic).items()}
    flagged = {reader: float((scores >= hold).mean()) for reader, scores in toxicity(both, innocent).items()}
    kinds: Json = {}
    random = Random(seed)
    for kind in KINDS:
        found, others = (toxicity(both, [obfuscate(text, kind, random) for text in of]) for of in (toxic, innocent))
        kinds[kind] = {
            reader: mean_estimate(
                (found[reader] > np.quantile(others[reader], 1 - flagged[reader])).astype(float),
                seed=seed,
                per=caught[reader].astype(float),
            ).as_dict()
            for reader in READERS
        }
    return {
        "rows": len(toxic) + len(innocent),
        "recall": {reader: round(float(of.mean()), 4) for reader, of in caught.items()},
        "false_positives": {reader: round(share, 4) for reader, share in flagged.items()},
        "kept": kinds,
        "kept_mean": {
            reader: round(float(np.mean([of[reader]["value"] for of in kinds.values()])), 4) for reader in READERS
        },
    }


def of_talk(unseen: Unseen, texts: Sequence[str], toxic: bool, seed: int, most: int) -> list[str]:
    """Held-back comments of Wikipedia's talk pages that are (or are not) toxic, drawn at random."""
    talk = np.char.startswith(unseen.sources, "wikipedia-talk")
    labels = unseen.labels[:, 0]
    chosen = np.flatnonzero(talk & (labels >= 0.5 if toxic else labels < 0.5))
    return [texts[row] for row in np.random.default_rng(seed).permutation(chosen)[:most]]


def toxicity(both: BothReaders, texts: Sequence[str], contexts: Sequence[Context] | None = None) -> Columns:
    return of_attribute(read_columns(both, texts, contexts), both.attributes.index(TOXICITY))


def violence(unseen: Unseen, columns: Columns, texts: Sequence[str]) -> Json:
    """How often innocent comments in violent words are flagged where FLAGGED_INNOCENT of all innocent ones are."""
    labels, chances = unseen.labels[:, 0], of_attribute(columns, 0)
    violent = np.array([bool(VIOLENT.search(text)) for text in texts])
    natural = (labels < 0.5) & unseen.natural
    if not natural.any():
        return {}
    flagged = {
        reader: scores > np.quantile(scores[natural], 1 - FLAGGED_INNOCENT) for reader, scores in chances.items()
    }
    talk = np.char.startswith(unseen.sources, "wikipedia-talk")
    groups = {"natural": natural, "all talk pages": talk & (labels < 0.5)} | {
        source: (labels < 0.3) & (unseen.sources == source)
        for source in ("civil-comments", "ruddit", "social-bias-frames")
    }
    return {
        "flagged_of_all": FLAGGED_INNOCENT,
        "slices": {
            name: {
                "rows": int((group & violent).sum()),
                "flagged": _means(flagged, group & violent),
                "flagged_without_violent_words": _means(flagged, group & ~violent),
            }
            for name, group in groups.items()
            if (group & violent).sum() >= _FEWEST
        },
    }


def _means(flagged: dict[str, Mask], rows: Mask) -> Json:
    return {reader: mean_estimate(of[rows].astype(float)).as_dict() for reader, of in flagged.items()}


def groups(both: BothReaders, folder: Path, seed: int) -> Json:
    """Each reader's AUC on sentences that name a group, over the terms."""
    texts, bad = madlibs(folder)
    rows = np.sort(np.random.default_rng(seed).permutation(len(texts))[:_SENTENCES])
    chosen = [texts[row] for row in rows]
    scores = toxicity(both, chosen)
    return {"rows": len(chosen), "readers": {reader: by_term(chosen, bad[rows], scores[reader]) for reader in READERS}}


def context(both: BothReaders, folder: Path) -> Json:
    """Comments with and without the one they answer, against what raters said who saw it and who did not."""
    with gzip.open(folder / "context_small.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    labels = {name: np.array([float(row[name]) for row in rows]) >= 0.5 for name in ("label_oc", "label_ic")}
    shown = {
        "without": read_columns(both, texts),
        "with": read_columns(both, texts, [Context(parent=row["parent_text"]) for row in rows]),
    }
    column = both.attributes.index(TOXICITY)
    decided = {name: {reader: held(of[reader], both.attributes) for reader in READERS} for name, of in shown.items()}
    # Where the parent changed the raters' minds: does it move the score the way it moved them?
    moved = labels["label_oc"] != labels["label_ic"]
    shifts = {reader: (shown["with"][reader] - shown["without"][reader])[moved, column] for reader in READERS}
    return {
        "rows": len(rows),
        "toxic": {name: int(of.sum()) for name, of in labels.items()},
        "roc_auc": {
            f"{label}, {name} the parent": compared({"roc_auc": roc_auc}, of_attribute(of, column), positive)["roc_auc"]
            for label, positive in labels.items()
            for name, of in shown.items()
        },
        "changed": {
            "held because of the parent": _shares(
                {reader: decided["with"][reader] & ~decided["without"][reader] for reader in READERS}
            ),
            "published because of it": _shares(
                {reader: decided["without"][reader] & ~decided["with"][reader] for reader in READERS}
            ),
        },
        "raters_changed": int(moved.sum()),
        "same_way": compared({"roc_auc": roc_auc}, shifts, labels["label_ic"][moved])["roc_auc"],
    }


def _shares(rows: dict[str, Mask]) -> Json:
    return {reader: mean_estimate(of.astype(float)).as_dict() for reader, of in rows.items()}
