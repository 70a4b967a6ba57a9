"""Everything that is said of a model, measured: what stands in metrics.json, and with it on the card."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier

from moderation.classifier.challenges import disguises, identity_terms, scorer, spans, violence
from moderation.classifier.figures import RANKING, estimate, precision_at, recall_at, reliability
from moderation.classifier.training import UNCALIBRATED, Corpus, Mask, Progress, Recipe, Trained, fit
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import IDENTITY_ATTACK, TOXICITY

LEFT_OUT = (TOXICITY, IDENTITY_ATTACK)  # measured on sources they were not trained on; the others have one source
SPLIT = (
    "Measured on rows held back by the checksum of their text (one in ten), never trained or calibrated on. "
    "Source weights, examples and bands were chosen with these rows in view, so the figures lean optimistic. "
    "`natural` is the unfiltered slice of Wikipedia talk in them; `all` is every labelled row in them, whose "
    "base rate is made by sampling. `cross_fitted` is every labelled row of the training, scored by a fit that had "
    "not seen it (for TOXICITY the natural ones), weighted as in the calibration. `unseen_sources` leaves all of a "
    "source out of the fit and scores on all of it, rows labelled between .4 and .6 left aside, with the calibration "
    "of the whole. `baseline` is scikit-learn's DummyClassifier (prior)."
)
THRESHOLDS = np.round(np.arange(0.05, 1.0, 0.05), 2)
Json = dict[str, Any]


def measure(trained: Trained, *, seed: int, folder: Path | None, progress: Progress) -> Json:
    """The metrics of a model; figures on development sets only for those that lie in *folder*."""
    corpus, steps = trained.corpus, _Steps(progress)
    metrics: Json = {"split": SPLIT, "attributes": {}}
    steps("measuring each attribute")
    for column, attribute in enumerate(corpus.attributes):
        metrics["attributes"][attribute] = _attribute(trained, column, attribute)
    for attribute, figures in _unseen_sources(trained, seed, steps):
        metrics["attributes"][attribute].setdefault("unseen_sources", {}).update(figures)
    steps("disguising comments fifteen ways")
    metrics["disguises"] = disguises(trained, seed)
    steps("counting the innocent comments on violence")
    metrics["violence"] = violence(trained)
    steps("leaving out one idea at a time")
    metrics["ablations"] = ablations(trained, seed, folder)
    if folder is not None and (folder / "bias_madlibs.csv.gz").exists():
        steps("scoring sentences that name groups")
        metrics["identity_terms"] = identity_terms(scorer(trained.corpus, trained.fitted), folder)
    if folder is not None and (folder / "toxic_spans.csv.gz").exists():
        steps("comparing highlights with what people marked")
        metrics["spans"] = spans(trained, seed, folder)
    return metrics


class _Steps:
    """Counts the measuring's steps for the progress shown."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done = progress, 0

    def __call__(self, what: str) -> None:
        self._progress(what, self._done, 16)
        self._done = min(self._done + 1, 15)


def _attribute(trained: Trained, column: int, attribute: str) -> Json:
    corpus = trained.corpus
    held_back, used = corpus.held_back & corpus.labelled(attribute), corpus.usable(attribute) & corpus.real
    chances = trained.calibration.chances(trained.unseen_logits[:, column], column)
    slices = {
        "natural": held_back & corpus.data.natural,
        "all": held_back,
        "cross_fitted": used & (corpus.data.natural if attribute == TOXICITY else True),
    }
    return {
        "calibrated": attribute not in UNCALIBRATED,
        "trained_on": {
            "rows": int(used.sum()),
            "positive": int((corpus.data.labels[attribute][used] >= 0.5).sum()),
            "sources": sorted({str(source) for source in corpus.data.sources[used]}),
        },
        **{
            name: _slice(corpus, attribute, chances, mask)
            for name, mask in slices.items()
            if _both_kinds(corpus, attribute, mask)
        },
    }


def _slice(corpus: Corpus, attribute: str, chances: NDArray[Any], mask: Mask) -> Json:
    """The figures of a slice with its reliability and what each threshold would do."""
    labels = corpus.data.labels[attribute][mask] >= 0.5
    hold = DEFAULT_BANDS[attribute].hold
    bands = {} if hold is None else {"precision": precision_at(hold), "recall": recall_at(hold)}
    at_hold = {name: figure.as_dict() for name, figure in estimate(bands, chances[mask], labels).items()}
    return {
        **_figures(corpus, attribute, chances[mask], mask),
        "at_hold": {"threshold": hold, **at_hold},
        "reliability": reliability(chances[mask], labels),
        "thresholds": _thresholds(chances[mask], labels),
    }


def _figures(corpus: Corpus, attribute: str, chances: NDArray[Any], mask: Mask) -> Json:
    labels, used = corpus.data.labels[attribute][mask] >= 0.5, corpus.usable(attribute)
    prior = DummyClassifier(strategy="prior").fit(np.zeros((used.sum(), 1)), corpus.data.labels[attribute][used] >= 0.5)
    scores = {"model": chances, "baseline": prior.predict_proba(np.zeros((len(labels), 1)))[:, 1]}
    return {
        "rows": len(labels),
        "positive": int(labels.sum()),
        **{
            name: {figure: found.as_dict() for figure, found in estimate(RANKING, of, labels).items()}
            for name, of in scores.items()
        },
    }


def _thresholds(chances: NDArray[Any], labels: Mask) -> list[list[float | None]]:
    """[threshold, precision, recall] for each."""
    rows: list[list[float | None]] = []
    for threshold in THRESHOLDS.tolist():
        held = chances >= threshold
        precision = round(float(labels[held].mean()), 4) if held.any() else None
        rows.append([threshold, precision, round(float(held[labels].mean()), 4)])
    return rows


def _both_kinds(corpus: Corpus, attribute: str, mask: Mask) -> bool:
    positive = corpus.data.labels[attribute][mask] >= 0.5
    return bool(positive.any() and not positive.all())


def _unseen_sources(trained: Trained, seed: int, steps: _Steps) -> Iterator[tuple[str, Json]]:
    """Leave one source out: each attribute's figures on it."""
    corpus = trained.corpus
    wanted = [name for name in LEFT_OUT if name in corpus.attributes]
    families = np.array([_family(source) for source in corpus.data.sources])
    for family in sorted(set(families[corpus.real].tolist())) if wanted else []:
        there = families == family
        clear = {name: there & _is_clear(corpus, name) for name in wanted}
        scored = [name for name in wanted if _both_kinds(corpus, name, clear[name])]
        if not scored or not all(_both_kinds(corpus, name, corpus.usable(name) & ~there) for name in scored):
            continue
        steps(f"fitting without {family}")
        fitted = fit(corpus, ~there, seed=seed, recipe=trained.recipe, attributes=scored)
        logits = fitted.logits(corpus.originals[there])
        for place, name in enumerate(scored):
            chances = trained.calibration.chances(logits[:, place], corpus.attributes.index(name))
            everywhere = np.zeros(corpus.size)
            everywhere[there] = chances
            yield name, {family: _figures(corpus, name, everywhere[clear[name]], clear[name])}


def _is_clear(corpus: Corpus, attribute: str) -> Mask:
    labels = corpus.data.labels[attribute]
    return corpus.labelled(attribute) & ~((labels > 0.4) & (labels < 0.6))


def _family(source: str) -> str:
    """Sources of one origin are left out together."""
    return "wikipedia-talk" if source.startswith("wikipedia-talk") else source


def ablations(trained: Trained, seed: int, folder: Path | None) -> Json:
    """What is lost when the training leaves out one of its ideas."""
    recipes = {
        "as shipped": Recipe(),
        "without our examples": Recipe(examples=False),
        "without disguised copies": Recipe(disguises=False),
        "names of groups count by themselves": Recipe(names_count=True),
        "without civil-comments": Recipe(without=("civil-comments",)),
    }
    corpus = trained.corpus
    natural = corpus.held_back & corpus.data.natural
    found: Json = {}
    for name, recipe in recipes.items():
        fitted = fit(corpus, np.ones(corpus.size, dtype=bool), seed=seed, recipe=recipe, attributes=[TOXICITY])
        labels = corpus.data.labels[TOXICITY] >= 0.5
        figures: Json = {}
        if _both_kinds(corpus, TOXICITY, natural):
            logits = fitted.logits(corpus.originals[natural])[:, 0]
            figures["natural_auc"] = estimate({"roc_auc": RANKING["roc_auc"]}, logits, labels[natural], resamples=100)[
                "roc_auc"
            ].as_dict()
        if folder is not None and (folder / "bias_madlibs.csv.gz").exists():
            terms = identity_terms(scorer(corpus, fitted), folder)
            figures["bpsn_mean"], figures["bpsn_min"] = terms["bpsn"]["mean"], terms["bpsn"]["min"]
        if kept := disguises(trained, seed, fitted):
            figures["disguises_kept_mean"] = kept["kept_mean"]
        found[name] = figures
    return found
