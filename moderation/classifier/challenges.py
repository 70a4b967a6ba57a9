"""How a model does where plain words mislead: disguises, violent topics, names of groups, highlights, articles."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier import solver
from moderation.classifier.features import HashedWords
from moderation.classifier.figures import mean_estimate, roc_auc_of
from moderation.classifier.identities import IDENTITIES
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.reader import QuickReader
from moderation.classifier.training import Corpus, Mask, Trained, as_model, fit, with_article_factors
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY, Context, Reading, highlights

VIOLENT = re.compile(
    r"\b(kill|murder|war|tortur|execut|rape|raping|bomb|dead|death|terror|massacre|genocide|shot|shoot|stab)\w*",
    re.IGNORECASE,
)
FLAGGED_INNOCENT = 0.019  # the share of all innocent comments at which those on violence are counted
# Nothing between .4 and 0: there the abuse of tests/behaviour begins to slip through under its articles.
ARTICLE_FACTORS = (1.0, 0.9, 0.75, 0.6, 0.5, 0.4, 0.0)
_LOST_RECALL = 0.0025  # what the article may cost at most
_ARTICLES, _ARTICLE_SENTENCES = 60, 15
_CHAT = re.compile(r"\b(you\w*|u|i|me|my|fuck\w*|shit\w*|damn|stupid|idiot\w*|crap|ass|lol)\b|!", re.IGNORECASE)
_SAMPLE = 3_000  # rows of each kind that are disguised fifteen times

Score = Callable[[Sequence[str]], NDArray[Any]]
Json = dict[str, Any]


def scorer(corpus: Corpus, fitted: solver.Fitted, attribute: str = TOXICITY) -> Score:
    column = corpus.attributes.index(attribute) if fitted.weights.shape[1] > 1 else 0

    def score(texts: Sequence[str]) -> NDArray[Any]:
        rows = HashedWords(corpus.rows.shape[1]).transform(texts)
        rows.data *= corpus.scales[rows.indices]
        return fitted.logits(rows)[:, column]

    return score


def _held_back_of_talk(corpus: Corpus, toxic: bool, seed: int, size: int) -> list[str]:
    """Held-back comments of Wikipedia's talk pages that are (or are not) toxic."""
    talk = np.char.startswith(corpus.data.sources, "wikipedia-talk")
    if not talk.any():
        talk = np.ones(corpus.size, dtype=bool)
    labels = corpus.data.labels[TOXICITY]
    chosen = np.flatnonzero(corpus.held_back & talk & (labels >= 0.5 if toxic else labels < 0.5))
    return [corpus.data.texts[row] for row in np.random.default_rng(seed).permutation(chosen)[:size]]


def disguises(trained: Trained, seed: int, fitted: solver.Fitted | None = None) -> Json:
    """The share of the recall that is left when held-back comments are disguised, at the same false positives.

    The threshold is that of the policy for the comments as they are; for the disguised ones it is moved to
    where as many innocent ones (disguised too) are held.
    """
    score = scorer(trained.corpus, fitted or trained.fitted)
    toxic, innocent = (_held_back_of_talk(trained.corpus, is_toxic, seed, _SAMPLE) for is_toxic in (True, False))
    if not toxic or not innocent:
        return {}
    column = trained.corpus.attributes.index(TOXICITY)
    clean = [trained.calibration.chances(score(texts), column) for texts in (toxic, innocent)]
    hold = DEFAULT_BANDS[TOXICITY].hold or 0.5
    flagged = float((clean[1] >= hold).mean())
    kinds, random = {}, Random(seed)
    caught = clean[0] >= hold
    for kind in KINDS:
        hidden = [score([obfuscate(text, kind, random) for text in texts]) for texts in (toxic, innocent)]
        still = hidden[0] > np.quantile(hidden[1], 1 - flagged)
        kinds[kind] = mean_estimate(still.astype(float), seed=seed, per=caught.astype(float)).as_dict()
    return {
        "rows": len(toxic) + len(innocent),
        "recall": round(float(caught.mean()), 4),
        "false_positives": round(flagged, 4),
        "kept": kinds,
        "kept_mean": round(float(np.mean([kind["value"] for kind in kinds.values()])), 4),
    }


def violence(trained: Trained) -> Json:
    """How often innocent comments in violent words are flagged where FLAGGED_INNOCENT of all innocent ones are."""
    corpus = trained.corpus
    logits = trained.unseen_logits[:, corpus.attributes.index(TOXICITY)]
    innocent = corpus.data.labels[TOXICITY] < 0.5
    violent = np.array([bool(VIOLENT.search(text)) for text in corpus.data.texts])
    natural = innocent & corpus.data.natural
    if not natural.any():
        return {}
    threshold = np.quantile(logits[natural], 1 - FLAGGED_INNOCENT)
    flagged = (logits > threshold).astype(float)
    found: Json = {"flagged_of_all": FLAGGED_INNOCENT, "slices": {}}
    groups = {"natural": natural} | {
        str(source): innocent & (corpus.data.labels[TOXICITY] < 0.3) & (corpus.data.sources == source)
        for source in ("civil-comments", "ruddit", "social-bias-frames")
    }
    for name, group in groups.items():
        if (group & violent).sum() >= 20:
            found["slices"][name] = {
                "rows": int((group & violent).sum()),
                "flagged": mean_estimate(flagged[group & violent]).as_dict(),
                "flagged_without_violent_words": mean_estimate(flagged[group & ~violent]).as_dict(),
            }
    return found


def identity_terms(score: Score, folder: Path) -> Json:
    """The figures of `by_term` for the sentences that name groups."""
    texts, bad = madlibs(folder)
    return by_term(texts, bad, score(texts))


def madlibs(folder: Path) -> tuple[list[str], Mask]:
    """Template sentences that name a group, and which of them are abusive."""
    with gzip.open(folder / "bias_madlibs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["Text"] for row in rows], np.array([row["Label"] == "BAD" for row in rows])


def by_term(texts: Sequence[str], bad: Mask, scores: NDArray[Any]) -> Json:
    """AUC within each term's sentences, and of its innocent (or abusive) ones against the others' opposite."""
    lowered = [text.lower() for text in texts]
    terms = {}
    for term in IDENTITIES:
        pattern = re.compile(rf"\b{term}\b")
        about = np.array([bool(pattern.search(text)) for text in lowered])
        if about.any():
            terms[term] = {
                "subgroup": roc_auc_of(scores[about], bad[about]),
                "bpsn": roc_auc_of(*_joined(scores, bad, about & ~bad, ~about & bad)),
                "bnsp": roc_auc_of(*_joined(scores, bad, about & bad, ~about & ~bad)),
            }
    summary = {}
    for kind in ("subgroup", "bpsn", "bnsp"):
        values = np.array([of[kind] for of in terms.values()])
        worst = min(terms, key=lambda term: terms[term][kind])
        summary[kind] = {"mean": mean_estimate(values).as_dict(), "min": round(float(values.min()), 4), "worst": worst}
    rounded = {term: {kind: round(value, 4) for kind, value in of.items()} for term, of in terms.items()}
    return {"rows": len(texts), **summary, "terms": rounded}


def _joined(scores: NDArray[Any], bad: Mask, one: Mask, other: Mask) -> tuple[NDArray[Any], Mask]:
    return scores[one | other], bad[one | other]


def spans(trained: Trained, seed: int, folder: Path) -> Json:
    """Mean character F1 of the highlights against what people marked; a fit that has not seen these texts."""
    rows = marked_texts(folder)
    corpus = trained.corpus
    unseen = {text for text, _ in rows}
    kept = np.array([text not in unseen for text in corpus.data.texts])
    kept &= corpus.data.sources != "civil-comments"
    fitted = fit(corpus, kept, seed=seed, recipe=trained.recipe)
    reader = QuickReader(as_model(corpus, fitted, trained.calibration))
    scores = np.array([overlap(highlighted(reader.read(text)), marked) for text, marked in rows])
    return {"rows": len(rows), "character_f1": mean_estimate(scores).as_dict()}


def marked_texts(folder: Path) -> list[tuple[str, set[int]]]:
    """Comments, and the places of their characters that people marked as what makes them toxic."""
    with gzip.open(folder / "toxic_spans.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], set(json.loads(row["spans"]))) for row in csv.DictReader(file)]


def highlighted(reading: Reading) -> set[int]:
    """The places of the characters that a person would see marked for TOXICITY."""
    shown = highlights(tuple(span for span in reading.spans if span.attribute == TOXICITY))
    return {place for span in shown for place in range(span.start, span.end)}


def overlap(found: set[int], marked: set[int]) -> float:
    """The F1 of two sets of characters."""
    if not found or not marked:
        return float(found == marked)
    return 2 * len(found & marked) / (len(found) + len(marked))


def choose_article_factors(trained: Trained, seed: int) -> tuple[Trained, Json]:
    """The trained model with the factor by which a word of the article counts less, and what was measured.

    An article is made of sentences in violent words from innocent comments, none of which was trained on, and
    none in words that no article uses. Its sentences come as comments; so does abuse that has nothing to do with
    it. Of the factors that cost at most _LOST_RECALL of the abuse, the one with the fewest of the article's
    sentences held wins; of equals, the lowest, for the sake of readers who speak of what the article tells.
    """
    corpus, texts = trained.corpus, _held_back_of_talk(trained.corpus, False, seed, 1_000_000)
    violent = [part for text in texts for part in _sentences(text) if VIOLENT.search(part) and not _CHAT.search(part)]
    abuse = _held_back_of_talk(corpus, True, seed, _SAMPLE)
    articles = [" ".join(part) for at in range(_ARTICLES) if (part := violent[at::_ARTICLES][:_ARTICLE_SENTENCES])]
    sentences = [(part, article) for article in articles for part in _sentences(article)]
    if not sentences or not abuse:
        return trained, {}
    random = Random(seed)
    under = [random.choice(articles) for _ in abuse]
    table: list[Json] = []
    for factor in ARTICLE_FACTORS:
        reader = QuickReader(with_article_factors(trained.model, [factor] * len(corpus.attributes)))
        table.append(
            {
                "factor": factor,
                "own_sentences_held": mean_estimate(
                    _held(reader, *zip(*sentences, strict=True)), resamples=50
                ).as_dict(),
                "abuse_held": mean_estimate(_held(reader, abuse, under), resamples=50).as_dict(),
            }
        )
    allowed = [row for row in table if row["abuse_held"]["value"] >= table[0]["abuse_held"]["value"] - _LOST_RECALL]
    best = min(allowed, key=lambda row: (row["own_sentences_held"]["value"], row["factor"]))
    model = with_article_factors(trained.model, [best["factor"]] * len(corpus.attributes))
    found = {"articles": len(articles), "sentences": len(sentences), "abuse": len(abuse), "factors": table}
    return replace(trained, model=model), found | {"chosen": best["factor"]}


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+", text) if len(part) > 20]


def _held(reader: QuickReader, texts: Sequence[str], articles: Sequence[str]) -> NDArray[np.float64]:
    readings = reader.read_many(texts, [Context(article=article) for article in articles], spans=False)
    bands = {name: band.hold for name, band in DEFAULT_BANDS.items() if band.hold is not None}
    return np.array(
        [float(any(reading.scores.get(name, 0) >= hold for name, hold in bands.items())) for reading in readings]
    )
