"""Everything that is said of the careful reader, measured beside the quick one and both together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from moderation.classifier.both import BothReaders
from moderation.classifier.careful.challenges import context, disguises, groups, violence
from moderation.classifier.careful.columns import (
    Columns,
    Floats,
    Fold,
    Json,
    Mask,
    both_kinds,
    compared,
    cross_fitted,
    fit_folds,
    of_attribute,
    part_of,
)
from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.fitting import DIFFERENT, NEAR, NEAR_SHARE, Unseen, cases, natural_weights
from moderation.classifier.careful.highlights import deletion, spans
from moderation.classifier.careful.reader import CarefulReader
from moderation.classifier.data import TrainingData
from moderation.classifier.figures import RANKING, mean_estimate, precision_at, recall_at, reliability
from moderation.classifier.measuring import THRESHOLDS
from moderation.classifier.reader import QuickReader
from moderation.classifier.training import UNCALIBRATED, Progress
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import IDENTITY_ATTACK, TOXICITY

SPLIT = (
    "Measured on rows held back by the checksum of their text (one in ten), which neither reader was trained on. "
    "How the readers combine was fitted on these rows: each row is scored by a combination that was fitted on four "
    "fifths of them, without it. The mixture, the examples and the bands were chosen with these rows in view, so the "
    "figures lean optimistic. `natural` is the unfiltered slice of Wikipedia talk in them; `all` is every labelled "
    "row in them, whose base rate is made by sampling."
)
_BY_SOURCE = (TOXICITY, IDENTITY_ATTACK)  # the others have one source


def measure(
    data: TrainingData,
    quick: QuickReader,
    careful: CarefulReader,
    combination: Combination,
    *,
    unseen: Unseen,
    folder: Path | None,
    seed: int,
    progress: Progress,
    command: str,
    quantisation: Json | None = None,
    ablations: Json | None = None,
    without_civil_comments: CarefulReader | None = None,
) -> Json:
    """The metrics of a careful reader: for each figure the quick reader, the careful one, and both.

    Figures on development sets only for those that lie in *folder*. *quantisation* and *ablations* are taken as they
    are: they can only be measured where networks are trained. *without_civil_comments* is a network that has not seen
    the texts of toxic_spans. *command* makes all the other figures again.
    """
    steps = _Steps(progress)
    texts = [data.texts[row] for row in unseen.rows]
    steps("fitting how the readers combine, five times")
    folds = fit_folds(unseen, quick.attributes, seed)
    columns = cross_fitted(unseen, folds)
    steps("measuring each attribute")
    metrics: Json = {
        "command": command,
        "split": SPLIT,
        "attributes": {
            name: _attribute(data, unseen, columns, column, name) for column, name in enumerate(quick.attributes)
        },
        "sources": {
            name: _by_source(unseen, columns, quick.attributes.index(name))
            for name in _BY_SOURCE
            if name in quick.attributes
        },
        "cascade": cascade(unseen, combination, folds),
        "violence": violence(unseen, columns, texts),
    }
    both = BothReaders(quick, careful, combination)
    steps("disguising comments fifteen ways")
    metrics["disguises"] = disguises(both, unseen, texts, seed)
    steps("taking words away")
    metrics["deletion"] = deletion(both, unseen, texts, seed)
    if folder is not None and (folder / "bias_madlibs.csv.gz").exists():
        steps("scoring sentences that name groups")
        metrics["identity_terms"] = groups(both, folder, seed)
    if folder is not None and (folder / "context_small.csv.gz").exists():
        steps("reading comments with and without their parents")
        metrics["context"] = context(both, folder)
    if folder is not None and (folder / "toxic_spans.csv.gz").exists():
        steps("comparing highlights with what people marked")
        metrics["spans"] = spans(both, data, folder, seed, without_civil_comments)
    both.close()
    metrics |= {"quantisation": quantisation, "ablations": ablations}
    return {name: of for name, of in metrics.items() if of}


class _Steps:
    """Counts the measuring's steps for the progress shown."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done = progress, 0

    def __call__(self, what: str) -> None:
        self._progress(what, self._done, 7)
        self._done = min(self._done + 1, 6)


def _attribute(data: TrainingData, unseen: Unseen, columns: Columns, column: int, attribute: str) -> Json:
    labels = data.labels[attribute]
    trained_on = ~np.isnan(labels) & ~data.held_back
    labelled = ~np.isnan(unseen.labels[:, column])
    slices = {"natural": labelled & unseen.natural, "all": labelled}
    return {
        "calibrated": attribute not in UNCALIBRATED,
        "trained_on": {
            "rows": int(trained_on.sum()),
            "positive": int((labels[trained_on] >= 0.5).sum()),
            "sources": sorted({str(source) for source in data.sources[trained_on]}),
        },
        **{
            name: _slice(of_attribute(columns, column, rows), unseen.labels[rows, column] >= 0.5, attribute)
            for name, rows in slices.items()
            if both_kinds(unseen.labels[rows, column] >= 0.5)
        },
    }


def _slice(columns: Columns, positive: Mask, attribute: str) -> Json:
    """The figures of a slice with its reliability and what each threshold would do."""
    hold = DEFAULT_BANDS[attribute].hold
    bands = {} if hold is None else {"precision": precision_at(hold), "recall": recall_at(hold)}
    return {
        "rows": len(positive),
        "positive": int(positive.sum()),
        "threshold": hold,
        "figures": compared({**RANKING, **bands}, columns, positive),
        "reliability": {reader: reliability(scores, positive) for reader, scores in columns.items()},
        "thresholds": _thresholds(columns, positive),
    }


def _thresholds(columns: Columns, positive: Mask) -> Json:
    """Reader -> [threshold, precision, recall] for each."""
    found: Json = {}
    for reader, scores in columns.items():
        held = scores >= THRESHOLDS[:, None]
        taken, caught = held.sum(axis=1), (held & positive).sum(axis=1)
        found[reader] = [
            [float(threshold), round(float(right / of), 4) if of else None, round(float(right / positive.sum()), 4)]
            for threshold, right, of in zip(THRESHOLDS, caught, taken, strict=True)
        ]
    return found


def _by_source(unseen: Unseen, columns: Columns, column: int) -> Json:
    """Rows labelled between .4 and .6 are left aside."""
    labels, found = unseen.labels[:, column], {}
    clear = ~np.isnan(labels) & ~((labels > 0.4) & (labels < 0.6))
    for source in sorted(set(unseen.sources.tolist())):
        rows = clear & (unseen.sources == source)
        positive = labels[rows] >= 0.5
        if both_kinds(positive):
            found[source] = {
                "rows": len(positive),
                "positive": int(positive.sum()),
                "figures": compared(RANKING, of_attribute(columns, column, rows), positive),
            }
    return found


def cascade(unseen: Unseen, combination: Combination, folds: Sequence[Fold]) -> Json:
    """How often the careful reader is asked and what not asking changes: with these cuts, and on rows unseen by them.

    Shares are of talk pages' comments, toxic ones counted as rare as they naturally are.
    """
    weights = natural_weights(unseen)
    fitted = cases(unseen, combination)
    fair = {name: np.zeros(len(unseen.rows), dtype=bool) for name in fitted}
    for aside, found in folds:
        for name, rows in cases(part_of(unseen, aside), found).items():
            fair[name][aside] = rows
    return {
        "rows": int((weights > 0).sum()),
        "promise": {"decisions_that_differ": DIFFERENT, "near": NEAR, "scores_that_differ": round(1 - NEAR_SHARE, 4)},
        "shares": _shares(fitted, weights),
        "cross_fitted": _shares(fair, weights),
    }


def _shares(rows: Mapping[str, Mask], weights: Floats) -> Json:
    return {name: mean_estimate(weights * of, per=weights).as_dict() for name, of in rows.items()}
