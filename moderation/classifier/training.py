"""Fits the quick reader: one calibrated logistic regression an attribute, over the same hashed words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline

from moderation.classifier.artifact import Model
from moderation.classifier.data import TrainingData
from moderation.classifier.features import HashedWords
from moderation.classifier.figures import RANKING, Estimate, estimate
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import IDENTITY_ATTACK, TOXICITY

# How much a row of a source counts; 1 where nothing is said. davidson-tweets were found by slurs and carry a
# known bias against African-American English. civil-comments were picked for being borderline, whatever their
# words; without them the news sites stay unseen, and so does the set of spans that was made from them.
# hatexplain-posts are lower-cased, and half of them name a group.
SOURCE_WEIGHT = {"davidson-tweets": 0.0, "civil-comments": 0.0, "hatexplain-posts": 0.5}

# People are mostly named by their group in rows that were collected for hate. A harmless row that names one
# counts more, so that "my gay friend" is not learnt as an insult.
HARMLESS_NAMING_WEIGHT = 4.0
_GROUPS = re.compile(
    r"\b(jew|jewish|muslim|islam|christian|catholic|hindu|sikh|buddhist|atheist"
    r"|gay|lesbian|bisexual|homosexual|queer|trans|transgender|women|woman|female|feminist"
    r"|black|white|asian|african|mexican|arab|latino|hispanic|indian|chinese"
    r"|immigrant|refugee|disabled|deaf|blind|elderly)(s|es|ic)?\b",
    re.IGNORECASE,
)

SMOOTHING = {TOXICITY: 1.2e-5, IDENTITY_ATTACK: 8e-6}
_SMOOTHING = 4e-6  # of the others, which have one source each and need to carry over to nothing else
_EPOCHS = 5
_FOLDS = 3
_READ_AT_ONCE = 2_000
LEFT_OUT = (TOXICITY, IDENTITY_ATTACK)  # measured on sources they were not trained on

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]  # what begins now, how many steps are done, of how many


@dataclass(frozen=True)
class Corpus:
    """The training data with its features, and what each row counts."""

    data: TrainingData
    rows: sparse.csr_matrix
    weights: Floats
    names_a_group: Mask
    held_back: Mask

    def labelled(self, attribute: str) -> Mask:
        mask: Mask = ~np.isnan(self.data.labels[attribute])
        return mask

    def usable(self, attribute: str) -> Mask:
        return self.labelled(attribute) & ~self.held_back & (self.weights > 0)


@dataclass(frozen=True)
class Trained:
    model: Model
    metrics: dict[str, Any]


def train(
    data: TrainingData,
    *,
    seed: int = 0,
    n_features: int = 2**18,
    progress: Progress = lambda what, done, of: None,
) -> Trained:
    """Fit every attribute that has labels of both kinds, and measure on what was held back.

    Raises:
        InvalidRequest: no attribute has labels of both kinds.
    """
    steps = 1 + len(data.labels) + len(LEFT_OUT)
    progress(f"counting the words of {len(data.texts):,} comments", 0, steps)
    features = Pipeline([("words", HashedWords(n_features)), ("tfidf", TfidfTransformer(sublinear_tf=True))])
    corpus = _corpus(data, features)
    estimators, metrics = {}, {}
    for step, attribute in enumerate(data.labels, 1):
        progress(f"fitting {attribute}", step, steps)
        if _both_kinds(corpus, attribute, corpus.usable(attribute)):
            estimators[attribute] = fit(corpus, attribute, corpus.usable(attribute), seed=seed)
            metrics[attribute] = _measure(corpus, attribute, estimators[attribute])
    if not estimators:
        raise InvalidRequest("No attribute has labels of both kinds, so there is nothing to learn.")
    for step, attribute in enumerate(LEFT_OUT, steps - len(LEFT_OUT)):
        progress(f"fitting {attribute} without each of its sources", step, steps)
        if attribute in estimators:
            metrics[attribute]["unseen_sources"] = _measure_unseen(corpus, attribute, seed)
    return Trained(Model(features, estimators), {"split": SPLIT, "attributes": metrics})


SPLIT = (
    "Measured on rows held back by the checksum of their text (one in ten), never trained or calibrated on. "
    "`natural` is the unfiltered slice of Wikipedia talk in them; `all` is every labelled row in them, whose "
    "base rate is made by sampling. `unseen_sources` leaves all of a source out of the fit and scores on all "
    "of it, rows labelled between .4 and .6 left aside. `baseline` is scikit-learn's DummyClassifier (prior)."
)


def _corpus(data: TrainingData, features: Pipeline) -> Corpus:
    counted = features["words"].transform(data.texts)
    held_back = data.held_back
    rows = features["tfidf"].fit(counted[~held_back]).transform(counted).astype(np.float32)
    weights = np.array([SOURCE_WEIGHT.get(source, 1.0) for source in data.sources])
    names_a_group = np.array([bool(_GROUPS.search(text)) for text in data.texts])
    return Corpus(data, rows, weights, names_a_group, held_back)


def _both_kinds(corpus: Corpus, attribute: str, mask: Mask) -> bool:
    positive = corpus.data.labels[attribute][mask] >= 0.5
    return bool(positive.any() and not positive.all())


def fit(corpus: Corpus, attribute: str, mask: Mask, *, seed: int) -> LogisticRegression:
    """The attribute's regression on the rows of *mask*, its calibration folded into its weights.

    Platt's calibration is linear in the logit, so that every word's contribution stays exact.
    """
    steepness, shift = _calibration(corpus, attribute, mask, seed)
    raw = _fit_raw(corpus, attribute, mask, seed)
    calibrated = LogisticRegression()
    calibrated.classes_ = np.array([0, 1])
    # Half precision is far finer than the labels and halves the file.
    calibrated.coef_ = (raw.coef_ * steepness).astype(np.float16).astype(np.float32)
    calibrated.intercept_ = (raw.intercept_ * steepness + shift).astype(np.float32)
    calibrated.n_features_in_ = corpus.rows.shape[1]
    return calibrated


def _fit_raw(corpus: Corpus, attribute: str, mask: Mask, seed: int) -> SGDClassifier:
    """A label between 0 and 1 is a share: its row is learnt both ways, weighted by the share."""
    chosen = np.flatnonzero(mask)
    labels = corpus.data.labels[attribute][chosen]
    harmless_naming = corpus.names_a_group[chosen] & (labels < 0.5)
    weights = corpus.weights[chosen] * np.where(harmless_naming, HARMLESS_NAMING_WEIGHT, 1.0)
    yes, no = labels > 0, labels < 1
    estimator = SGDClassifier(
        loss="log_loss",
        alpha=SMOOTHING.get(attribute, _SMOOTHING),
        max_iter=_EPOCHS,
        tol=None,
        average=True,
        random_state=seed,
    )
    return estimator.fit(
        corpus.rows[np.concatenate([chosen[yes], chosen[no]])],
        np.repeat([1, 0], [yes.sum(), no.sum()]),
        sample_weight=np.concatenate([(weights * labels)[yes], (weights * (1 - labels))[no]]),
    )


def _calibration(corpus: Corpus, attribute: str, mask: Mask, seed: int) -> tuple[float, float]:
    """Steepness and shift that make the logits of rows the fit had not seen into honest probabilities."""
    logits, labels, weights = [], [], []
    chosen = np.flatnonzero(mask)
    shown = _calibrates(corpus, attribute)
    for kept, left in KFold(_FOLDS, shuffle=True, random_state=seed).split(chosen):
        aside = chosen[left][shown[chosen[left]] > 0]
        if not len(aside):
            continue
        raw = _fit_raw(corpus, attribute, _mask_of(chosen[kept], len(mask)), seed)
        logits.append(raw.decision_function(corpus.rows[aside]))
        labels.append(corpus.data.labels[attribute][aside] >= 0.5)
        weights.append(shown[aside])
    positive = np.concatenate(labels) if labels else np.zeros(0, bool)
    if not positive.any() or positive.all():
        return 1.0, 0.0
    platt = LogisticRegression(C=1e6).fit(
        np.concatenate(logits)[:, None], positive, sample_weight=np.concatenate(weights)
    )
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _mask_of(chosen: NDArray[np.intp], size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[chosen] = True
    return mask


def _calibrates(corpus: Corpus, attribute: str) -> Floats:
    """What each row counts in the calibration of *attribute*.

    TOXICITY has a natural slice. Others are labelled where toxic rows were over-sampled: those are weighted
    down until they are as rare as in the slice. (Where nobody was asked about toxicity, a positive is toxic.)
    """
    labels, toxicity, natural = corpus.data.labels, corpus.data.labels[TOXICITY], corpus.data.natural
    if attribute == TOXICITY and natural.any():
        return natural.astype(np.float64)
    usable = corpus.usable(attribute)
    toxic = usable & (np.where(np.isnan(toxicity), labels[attribute], toxicity) >= 0.5)
    rate = float(np.mean(toxicity[natural & corpus.labelled(TOXICITY)] >= 0.5)) if natural.any() else 0.1
    weights = np.where(usable, corpus.weights, 0.0)
    toxic_weight, other_weight = weights[toxic].sum(), weights[usable & ~toxic].sum()
    if toxic_weight and other_weight:
        weights[toxic] *= rate / (1 - rate) * other_weight / toxic_weight
    return weights


def _measure(corpus: Corpus, attribute: str, estimator: LogisticRegression) -> dict[str, Any]:
    held_back = corpus.held_back & corpus.labelled(attribute)
    used = corpus.usable(attribute)
    slices = {"natural": held_back & corpus.data.natural, "all": held_back & (corpus.weights > 0)}
    return {
        "trained_on": {
            "rows": int(used.sum()),
            "positive": int((corpus.data.labels[attribute][used] >= 0.5).sum()),
        },
        **{
            name: _figures(corpus, attribute, estimator, mask)
            for name, mask in slices.items()
            if _both_kinds(corpus, attribute, mask)
        },
    }


def _figures(corpus: Corpus, attribute: str, estimator: LogisticRegression, mask: Mask) -> dict[str, Any]:
    labels = corpus.data.labels[attribute][mask] >= 0.5
    used = corpus.usable(attribute)
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((used.sum(), 1)), corpus.data.labels[attribute][used] >= 0.5)
    scores = {
        "model": estimator.predict_proba(corpus.rows[mask])[:, 1],
        "baseline": dummy.predict_proba(np.zeros((mask.sum(), 1)))[:, 1],
    }
    return {
        "rows": int(mask.sum()),
        "positive": int(labels.sum()),
        **{name: _as_dict(estimate(RANKING, chances, labels)) for name, chances in scores.items()},
    }


def _as_dict(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.as_dict() for name, estimate in estimates.items()}


def _measure_unseen(corpus: Corpus, attribute: str, seed: int) -> dict[str, Any]:
    figures = {}
    labels, families = corpus.data.labels[attribute], np.array([_family(s) for s in corpus.data.sources])
    for family in sorted(set(families[corpus.labelled(attribute)].tolist())):
        there = families == family
        clear = there & corpus.labelled(attribute) & ~((labels > 0.4) & (labels < 0.6))
        rest = corpus.usable(attribute) & ~there
        if _both_kinds(corpus, attribute, clear) and _both_kinds(corpus, attribute, rest):
            figures[family] = _figures(corpus, attribute, fit(corpus, attribute, rest, seed=seed), clear)
    return figures


def _family(source: str) -> str:
    """Sources of one origin are left out together."""
    return "wikipedia-talk" if source.startswith("wikipedia-talk") else source
