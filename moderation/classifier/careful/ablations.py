"""By what few figures small trainings are compared, of which each leaves out one idea.

`ablations.json` of a model's directory holds them for its card: {name of the ablation: {"about": a sentence,
"command": what makes it, "trainings": {name: the `outline` of each}}}.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np

from moderation.classifier.both import BothReaders, Mode
from moderation.classifier.careful.challenges import context, disguises, groups, of_talk, toxicity, violence
from moderation.classifier.careful.columns import (
    Columns,
    Json,
    Mask,
    both_kinds,
    compared,
    cross_fitted,
    fit_folds,
    of_attribute,
)
from moderation.classifier.careful.fitting import Unseen, fit_combination, fitting_weights, read_unseen
from moderation.classifier.careful.mixture import our_articles
from moderation.classifier.careful.reader import CarefulReader
from moderation.classifier.data import TrainingData, is_held_back, rows_of, with_examples
from moderation.classifier.figures import roc_auc
from moderation.classifier.reader import QuickReader
from moderation.classifier.training import Progress
from moderation.domain.reading import TOXICITY

_READ = 6_000  # held-back comments
_TOXIC, _INNOCENT = 300, 600  # of talk pages
_CAREFUL = Mode.CAREFUL.value

LEFT_OUT: Mapping[str, str] = {
    "examples": "our own examples and articles",
    "disguises": "disguised words",
    "contexts": "titles, parents and articles beside the comment",
}


def outline(
    data: TrainingData, quick: QuickReader, careful: CarefulReader, *, folder: Path, seed: int, progress: Progress
) -> Json:
    """The network alone, by a few figures on held-back comments; those of development sets if they lie in *folder*."""
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(data.held_back))[:_READ]
    some = rows_of(data, np.sort(drawn))
    unseen = read_unseen(some, quick, careful, fitting_weights(some, quick.attributes), progress)
    texts = [some.texts[row] for row in unseen.rows]
    both = BothReaders(quick, careful, fit_combination(unseen, quick.attributes))
    columns = cross_fitted(unseen, fit_folds(unseen, quick.attributes, seed))
    found = _ranked(unseen, of_attribute(columns, quick.attributes.index(TOXICITY)))
    progress("disguising comments fifteen ways", 0, 1)
    if kept := disguises(both, unseen, texts, seed, _TOXIC, _INNOCENT):
        found["recall kept in disguise"] = kept["kept_mean"][_CAREFUL]
    if talk := violence(unseen, columns, texts).get("slices", {}).get("all talk pages"):
        found["innocent comments on violence flagged"] = talk["flagged"][_CAREFUL]
    progress("reading comments under articles", 0, 1)
    found |= _under_articles(both, unseen, texts, seed)
    found |= of_our_own(both, data, seed)
    if (folder / "bias_madlibs.csv.gz").exists():
        progress("scoring sentences that name groups", 0, 1)
        found["BPSN AUC, mean"] = groups(both, folder, seed)["readers"][_CAREFUL]["bpsn"]["mean"]
    if (folder / "context_small.csv.gz").exists():
        found["AUC, parent shown"] = context(both, folder)["roc_auc"]["label_ic, with the parent"][_CAREFUL]
    both.close()
    return found


def _ranked(unseen: Unseen, columns: Columns) -> Json:
    labels, found = unseen.labels[:, 0], {}
    for name, rows in {"natural": unseen.natural, "all": np.ones(len(labels), dtype=bool)}.items():
        rows = rows & ~np.isnan(labels)
        positive = labels[rows] >= 0.5
        if both_kinds(positive):
            found[f"AUC, {name}"] = _auc({_CAREFUL: columns[_CAREFUL][rows]}, positive)
    return found


def _under_articles(both: BothReaders, unseen: Unseen, texts: Sequence[str], seed: int) -> Json:
    """Comments of talk pages, each read under an article of ours that has nothing to do with it."""
    toxic = of_talk(unseen, texts, True, seed, _TOXIC)
    innocent = of_talk(unseen, texts, False, seed, _INNOCENT)
    if not toxic or not innocent:
        return {}
    random, articles, chosen = Random(seed), our_articles(), [*toxic, *innocent]
    scores = toxicity(both, chosen, [random.choice(articles) for _ in chosen])
    return {"AUC, under an article": _auc({_CAREFUL: scores[_CAREFUL]}, np.arange(len(chosen)) < len(toxic))}


def of_our_own(both: BothReaders, data: TrainingData, seed: int) -> Json:
    """Our own examples that were held back. They are of the patterns of those that were not, so this flatters."""
    own = with_examples(data, seed=seed)
    labels = own.labels[TOXICITY]
    rows = [
        row for row in range(len(data.texts), len(labels)) if is_held_back(own.texts[row]) and not np.isnan(labels[row])
    ]
    scores = toxicity(both, [own.texts[row] for row in rows])
    return {"AUC, our own held back": _auc({_CAREFUL: scores[_CAREFUL]}, labels[rows] >= 0.5)}


def _auc(columns: Columns, positive: Mask) -> Json:
    found: Json = compared({"roc_auc": roc_auc}, columns, positive)["roc_auc"][_CAREFUL]
    return found
