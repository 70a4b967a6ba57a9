"""Fits the quick reader: one calibrated logistic regression an attribute, over the same hashed words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from moderation.classifier import solver
from moderation.classifier.artifact import Model, compact
from moderation.classifier.data import TrainingData, with_examples
from moderation.classifier.features import HashedWords, word_columns
from moderation.classifier.identities import naming_words
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.own_examples import OUR_EXAMPLES, OUR_TEMPLATES, OURS
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import IDENTITY_ATTACK, SEXUALLY_EXPLICIT, SPAM, THREAT, TOXICITY

N_FEATURES = 2**19

# How much a row of a source counts; 1 where nothing is said. Chosen by leaving one source out and scoring on it, but
# for davidson-tweets and our own, which were chosen by held-back rows: davidson-tweets were found by slurs and carry a
# known bias against African-American English; hatexplain-posts and hatemoji-build name a group in every other row;
# ruddit and civil-comments are what people write elsewhere.
SOURCE_WEIGHT = {
    "davidson-tweets": 0.1,
    "civil-comments": 0.5,
    "hatexplain-posts": 0.3,
    "hatemoji-build": 0.3,
    "ruddit": 2.0,
    OUR_TEMPLATES: 3.0,
    OUR_EXAMPLES: 0.3,  # they ask for more than words can tell; more weight cost what is true of all comments
}

# Our threats are mostly wishes, which the raters of the one source of threats seldom took for one.
_OUR_THREATS = 0.3

# Of the rows are learnt a second time, as people disguise them. More copies, or more of abuse, brought nothing.
DISGUISED_SHARE = 0.15
UNCALIBRATED = (SPAM, SEXUALLY_EXPLICIT)  # nobody was asked about them on a natural slice
_WORDS_COUNT = 0.6  # against 1 of character n-grams, which carry over better to unseen sources
_FOLDS = 3

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]  # what begins now, how many steps are done, of how many


@dataclass(frozen=True)
class Recipe:
    """What the training does beyond fitting the rows; the ablations leave out one of these at a time."""

    examples: bool = True
    disguises: bool = True
    names_count: bool = False  # whether the name of a group counts by itself, for other attributes than IDENTITY_ATTACK
    without: tuple[str, ...] = ()  # sources that are not trained on


@dataclass(frozen=True)
class Corpus:
    """The training data with its features. After the rows of *data* come disguised copies of some of them."""

    data: TrainingData
    attributes: tuple[str, ...]
    rows: sparse.csr_matrix
    scales: NDArray[np.float32]  # of each column; folded into the weights in the end
    origins: Rows  # which row of the data each row of features is
    held_back: Mask

    @property
    def size(self) -> int:
        return len(self.data.texts)

    @cached_property
    def labels(self) -> Floats:
        """One column an attribute; NaN where nobody was asked."""
        return np.stack([self.data.labels[name] for name in self.attributes], axis=1)

    @property
    def originals(self) -> sparse.csr_matrix:
        return self.rows[: self.size]

    def labelled(self, attribute: str) -> Mask:
        mask: Mask = ~np.isnan(self.data.labels[attribute])
        return mask

    def usable(self, attribute: str) -> Mask:
        return self.labelled(attribute) & ~self.held_back & (source_weights(self.data) > 0)

    @property
    def real(self) -> Mask:
        """Rows that somebody wrote as a comment, not our own examples."""
        return ~_is_ours(self.data)


@dataclass(frozen=True)
class Calibration:
    """Platt's: the logit times steepness plus shift, for each attribute."""

    steepness: Floats
    shift: Floats

    def chances(self, logits: NDArray[Any], column: int) -> Floats:
        return sigmoid(logits.astype(np.float64) * self.steepness[column] + self.shift[column])


@dataclass(frozen=True)
class Trained:
    """A model, and what the measuring needs beside it."""

    model: Model
    corpus: Corpus
    fitted: solver.Fitted
    calibration: Calibration
    recipe: Recipe
    unseen_logits: NDArray[np.float32]  # of each row of the data, by a fit that had not seen it


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def source_weights(data: TrainingData) -> Floats:
    return np.array([SOURCE_WEIGHT.get(source, 1.0) for source in data.sources])


def train(
    data: TrainingData,
    *,
    seed: int = 0,
    n_features: int = N_FEATURES,
    recipe: Recipe = Recipe(),
    progress: Progress = lambda what, done, of: None,
) -> Trained:
    """Fit every attribute that has labels of both kinds.

    Raises:
        InvalidRequest: no attribute has labels of both kinds.
    """
    steps = 2 + _FOLDS
    progress(f"counting the words of {len(data.texts):,} comments", 0, steps)
    corpus = make_corpus(data, seed=seed, n_features=n_features)
    progress(f"fitting {len(corpus.attributes)} attributes", 1, steps)
    everything = np.ones(corpus.size, dtype=bool)
    fitted = fit(corpus, everything, seed=seed, recipe=recipe)
    unseen_logits = _unseen_logits(corpus, fitted, seed, recipe, progress)
    calibration = _calibration(corpus, unseen_logits)
    return Trained(as_model(corpus, fitted, calibration), corpus, fitted, calibration, recipe, unseen_logits)


def make_corpus(data: TrainingData, *, seed: int, n_features: int = N_FEATURES) -> Corpus:
    attributes = tuple(name for name in data.labels if _both_kinds(data.labels[name][~data.held_back]))
    if not attributes:
        raise InvalidRequest("No attribute has labels of both kinds, so there is nothing to learn.")
    data = with_examples(data, seed=seed)
    held_back = data.held_back & ~_is_ours(data)
    copied, copies = _disguised(data, np.flatnonzero(~held_back), seed)
    rows = HashedWords(n_features).transform([*data.texts, *copies])
    scales = _scales(rows[: len(data.texts)][~held_back])
    rows.data *= scales[rows.indices]
    return Corpus(
        data=data,
        attributes=attributes,
        rows=rows,
        scales=scales,
        origins=np.concatenate([np.arange(len(data.texts)), copied]),
        held_back=held_back,
    )


def _is_ours(data: TrainingData) -> Mask:
    return np.isin(data.sources, OURS)


def _both_kinds(labels: Floats) -> bool:
    asked = labels[~np.isnan(labels)]
    return bool((asked >= 0.5).any() and (asked < 0.5).any())


def _disguised(data: TrainingData, candidates: Rows, seed: int) -> tuple[Rows, list[str]]:
    random = Random(seed)
    chosen = sorted(random.sample(candidates.tolist(), int(DISGUISED_SHARE * len(candidates))))
    copies = [obfuscate(data.texts[row], random.choice(KINDS), random) for row in chosen]
    return np.array(chosen, dtype=np.intp), copies


def _scales(rows: sparse.csr_matrix) -> NDArray[np.float32]:
    """The root of a feature's inverse document frequency: rare words tell more, but not as much as TF-IDF has it."""
    seen_in = np.bincount(rows.indices, minlength=rows.shape[1])
    rarity = np.log((1 + rows.shape[0]) / (1 + seen_in)) + 1
    scales = np.sqrt(rarity / 5)
    scales[: word_columns(rows.shape[1])] *= _WORDS_COUNT
    narrowed: NDArray[np.float32] = scales.astype(np.float32)
    return narrowed


def fit(
    corpus: Corpus,
    kept: Mask,
    *,
    seed: int,
    recipe: Recipe = Recipe(),
    attributes: Sequence[str] | None = None,
) -> solver.Fitted:
    """Fit the rows of the data that are *kept*, and their disguised copies; held-back rows never are."""
    names = tuple(attributes or corpus.attributes)
    columns = [corpus.attributes.index(name) for name in names]
    labels = corpus.labels[:, columns]
    weights = np.where(np.isnan(labels), 0.0, source_weights(corpus.data)[:, None])
    if THREAT in names:
        weights[~corpus.real, names.index(THREAT)] *= _OUR_THREATS
    weights[~kept | corpus.held_back | np.isin(corpus.data.sources, recipe.without)] = 0.0
    if not recipe.examples:
        weights[~corpus.real] = 0.0
    weights = weights[corpus.origins].astype(np.float32)
    if not recipe.disguises:
        weights[corpus.size :] = 0.0
    targets = np.nan_to_num(labels)[corpus.origins].astype(np.float32)
    held_at_zero = (
        None if recipe.names_count else _named_columns(corpus)[:, None] & (np.array(names) != IDENTITY_ATTACK)
    )
    return solver.fit(corpus.rows, targets, weights, seed=seed, held_at_zero=held_at_zero)


def _named_columns(corpus: Corpus) -> Mask:
    """The columns of words that name a group, and that of all of them."""
    names = HashedWords(corpus.rows.shape[1]).transform(naming_words())
    held: Mask = np.zeros(corpus.rows.shape[1], dtype=bool)
    held[names.indices[names.indices < word_columns(corpus.rows.shape[1])]] = True
    return held


def _unseen_logits(
    corpus: Corpus, fitted: solver.Fitted, seed: int, recipe: Recipe, progress: Progress
) -> NDArray[np.float32]:
    """Cross-fitted: every row is scored by a fit that has not seen it, nor its disguised copy."""
    logits = fitted.logits(corpus.originals)
    trained_on = np.flatnonzero(~corpus.held_back & corpus.real)
    for fold, (_, aside) in enumerate(KFold(_FOLDS, shuffle=True, random_state=seed).split(trained_on)):
        progress(f"cross-fitting, part {fold + 1} of {_FOLDS}", 2 + fold, 2 + _FOLDS)
        kept = np.ones(corpus.size, dtype=bool)
        kept[trained_on[aside]] = False
        logits[trained_on[aside]] = fit(corpus, kept, seed=seed, recipe=recipe).logits(
            corpus.originals[trained_on[aside]]
        )
    return logits


def _calibration(corpus: Corpus, unseen_logits: NDArray[np.float32]) -> Calibration:
    """Steepness and shift that make the logits of rows the fit had not seen into honest probabilities.

    Platt's calibration is linear in the logit, so that every word's contribution stays exact.
    """
    steepness, shift = np.ones(len(corpus.attributes)), np.zeros(len(corpus.attributes))
    for column, attribute in enumerate(corpus.attributes):
        weights = calibrating_weights(corpus, attribute)
        shown = weights > 0
        positive = corpus.data.labels[attribute][shown] >= 0.5
        if attribute in UNCALIBRATED or not positive.any() or positive.all():
            continue
        platt = LogisticRegression(C=1e6).fit(
            unseen_logits[shown, column][:, None], positive, sample_weight=weights[shown]
        )
        steepness[column], shift[column] = platt.coef_[0, 0], platt.intercept_[0]
    return Calibration(steepness, shift)


def calibrating_weights(corpus: Corpus, attribute: str) -> Floats:
    """What each real row counts in the calibration of *attribute*.

    TOXICITY has a natural slice. Others are labelled where toxic rows were over-sampled: those are weighted
    down until they are as rare as in the slice. (Where nobody was asked about toxicity, a positive is toxic.)
    """
    labels, toxicity, natural = corpus.data.labels, corpus.data.labels[TOXICITY], corpus.data.natural
    usable = corpus.usable(attribute) & corpus.real
    if attribute == TOXICITY and (natural & usable).any():
        return (natural & usable).astype(np.float64)
    toxic = usable & (np.where(np.isnan(toxicity), labels[attribute], toxicity) >= 0.5)
    rate = float(np.mean(toxicity[natural & corpus.labelled(TOXICITY)] >= 0.5)) if natural.any() else 0.1
    weights = np.where(usable, source_weights(corpus.data), 0.0)
    toxic_weight, other_weight = weights[toxic].sum(), weights[usable & ~toxic].sum()
    if toxic_weight and other_weight:
        weights[toxic] *= rate / (1 - rate) * other_weight / toxic_weight
    return weights


def as_model(corpus: Corpus, fitted: solver.Fitted, calibration: Calibration) -> Model:
    """The fit with calibration and column scales folded into its weights."""
    weights = fitted.weights * corpus.scales[:, None] * calibration.steepness.astype(np.float32)
    biases = fitted.biases * calibration.steepness + calibration.shift
    return compact(corpus.attributes, weights, biases)


def with_article_factors(model: Model, factors: Sequence[float]) -> Model:
    return replace(model, article_factors=np.asarray(factors, dtype=np.float32))
