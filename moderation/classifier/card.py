"""The model card, written from the manifest and the metrics: no figure in it is typed by hand."""

from typing import Any

from moderation.classifier.tables import number, percent, table, with_interval
from moderation.classifier.trust import trust

Json = dict[str, Any]

_HEAD = ("attribute", "measured on", "rows", "positive", "ROC AUC", "average precision", "calibration error",
         "baseline's AUC, AP, error")  # fmt: skip


def card(manifest: Json, metrics: Json) -> str:
    """The card in Markdown."""
    sections = [
        _introduction(manifest, metrics),
        _data(manifest),
        _results(metrics),
        _by_source(metrics),
        trust(metrics),
        _groups(metrics),
        _violence(metrics),
        _disguises(metrics),
        _article(metrics),
        _spans(metrics),
        _ablations(metrics),
        _failures(metrics),
        _retraining(manifest),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _introduction(manifest: Json, metrics: Json) -> str:
    alone = [name for name, of in metrics["attributes"].items() if not of["calibrated"]]
    return f"""# {manifest["model"]}

Scores an English comment from 0 to 1 for each of {len(metrics["attributes"])} attributes, and says what each word
added.
Made {manifest["created"]} with `{manifest["command"]}`.

## What it is

Hashed words, word pairs and character n-grams (3 to 5) of the normalised text, {manifest["columns"]:,} columns; one
logistic regression an attribute, Platt's calibration folded into its weights.
A word that names a group of people (a public list, `classifier/identities.py`) weighs nothing by itself, but for
IDENTITY_ATTACK; what stands beside it does.
A word's contribution to the logit is exact, not an estimate.
A word that the article itself uses counts less as evidence, unless it is aimed at a "you" or follows a wish.

## Use it for

Deciding which comments a person should see before they appear, and showing that person why.

## Do not use it for

- Rejecting comments or punishing people without a person looking.
- Languages other than English.
- Counting "toxicity" to compare people, groups or sites.
- Deciding by {" or ".join(alone) or "one attribute"} alone: see below."""


def _data(manifest: Json) -> str:
    data = manifest["data"]
    sources = (
        (
            name,
            f"{of['rows']:,}",
            f"{of['weight']:g}",
            ", ".join(f"{attribute} {percent(rate)}" for attribute, rate in of["positive"].items()),
            of["licence"],
        )
        for name, of in data["sources"].items()
    )
    return f"""## Data

`{data["file"]}`, {data["rows"]:,} rows, sha256 `{data["sha256"]}`.
`our-examples` and `our-templates` are in the project.
An empty label is left out, never read as 0; a share of raters is learnt as a share.
The rates are of labels from one half on. A weight of 0 means: not trained on, only measured on.

{table(("source", "rows", "weight", "positive", "licence"), sources)}"""


def _results(metrics: Json) -> str:
    rows = (
        _row((name, slice_), of[slice_])
        for name, of in metrics["attributes"].items()
        for slice_ in ("natural", "all", "cross_fitted")
        if slice_ in of
    )
    bands = (
        (
            name,
            slice_,
            f"{of[slice_]['at_hold']['threshold']:g}",
            with_interval(of[slice_]["at_hold"]["precision"]),
            with_interval(of[slice_]["at_hold"]["recall"]),
        )
        for name, of in metrics["attributes"].items()
        for slice_ in ("natural", "all")
        if slice_ in of and of[slice_]["at_hold"]["threshold"] is not None
    )
    return f"""## Results

{metrics["split"]}
{_commands(metrics)}In brackets the 95 % bootstrap interval.

{table(_HEAD, rows)}

At the default policy's bands:

{table(("attribute", "measured on", "held from", "precision", "recall"), bands)}

![Reliability: the score against the share of such comments that people called toxic](reliability.svg)
![Precision and recall against the threshold](thresholds.svg)"""


def _commands(metrics: Json) -> str:
    """Which command makes which figures; a command is named once."""
    made: dict[str, list[str]] = {}
    for group, command in metrics.get("commands", {}).items():
        made.setdefault(command, []).append(f"`{group}`")
    return "".join(f"`{command}` makes {', '.join(groups)}.\n" for command, groups in made.items())


def _by_source(metrics: Json) -> str:
    rows = [
        _row((name, source), figures)
        for name, of in metrics["attributes"].items()
        for source, figures in of.get("unseen_sources", {}).items()
    ]
    return f"## On sources that it has never seen\n\n{table(_HEAD, rows)}" if rows else ""


def _groups(metrics: Json) -> str:
    found = metrics.get("identity_terms")
    if not found:
        return ""
    kinds = ("subgroup", "bpsn", "bnsp")
    summary = (
        (kind, with_interval(found[kind]["mean"]), number(found[kind]["min"]), found[kind]["worst"]) for kind in kinds
    )
    terms = ((term, *(number(of[kind]) for kind in kinds)) for term, of in found["terms"].items())
    return f"""## Groups

{found["rows"]:,} template sentences (`bias_madlibs`, never trained on): ROC AUC within the sentences of a term
(subgroup), of its innocent ones against the abusive ones without it (BPSN), and of its abusive ones against
the innocent ones without it (BNSP). The interval is over the {len(found["terms"])} terms.
All of these terms are on the list of words that weigh nothing by themselves, so the figures say how well that works,
and nothing about groups that are not on it.

{table(("figure", "mean", "minimum", "worst term"), summary)}

{table(("term", "subgroup", "BPSN", "BNSP"), terms)}"""


def _violence(metrics: Json) -> str:
    found = metrics.get("violence")
    if not found:
        return ""
    rows = (
        (name, f"{of['rows']:,}", with_interval(of["flagged"]), with_interval(of["flagged_without_violent_words"]))
        for name, of in found["slices"].items()
    )
    return f"""## Innocent comments on violence

The share of innocent comments flagged, where {percent(found["flagged_of_all"])} of all natural innocent ones are; each
scored by a fit that had not seen it.

{table(("measured on", "rows in violent words", "flagged", "flagged of the rest"), rows)}"""


def _disguises(metrics: Json) -> str:
    found = metrics.get("disguises")
    if not found:
        return ""
    rows = ((kind, with_interval(of)) for kind, of in found["kept"].items())
    return f"""## Disguised words

{found["rows"]:,} held-back comments, half of their longer words disguised, at the same false positives
({percent(found["false_positives"])}). The share of the recall ({number(found["recall"])}) that is left; mean
{number(found["kept_mean"])}.

{table(("disguise", "recall kept"), rows)}"""


def _article(metrics: Json) -> str:
    found = metrics.get("article")
    if not found:
        return ""
    rows = (
        (f"{of['factor']:g}", with_interval(of["own_sentences_held"]), with_interval(of["abuse_held"]))
        for of in found["factors"]
    )
    return f"""## The article

A word of the article counts {found["chosen"]:g} of what it would count, chosen on {found["articles"]} made-up articles
(sentences in violent words from innocent held-back comments) of {found["sentences"]:,} sentences and
{found["abuse"]:,} abusive comments.

{table(("factor", "its own sentences held", "abuse held"), rows)}"""


def _spans(metrics: Json) -> str:
    found = metrics.get("spans")
    if not found:
        return ""
    return f"""## Highlights

Mean character F1 against what people marked in {found["rows"]:,} comments (`toxic_spans`; its texts left out of
the fit): {with_interval(found["character_f1"])}."""


def _ablations(metrics: Json) -> str:
    found = metrics.get("ablations")
    if not found:
        return ""
    figures = list(next(iter(found.values())))
    rows = ((name, *(_any(of[figure]) for figure in figures)) for name, of in found.items())
    return f"""## What each idea brings

TOXICITY, fitted anew without it.

{table(("training", *(figure.replace("_", " ") for figure in figures)), rows)}"""


def _failures(metrics: Json) -> str:
    unseen = metrics["attributes"].get("TOXICITY", {}).get("unseen_sources", {})
    worst = sorted(unseen, key=lambda source: str(unseen[source]["model"]["roc_auc"]["value"]))[:3]
    where = f" It is weakest on {', '.join(worst)}." if worst else ""
    return f"""## Known failures

- It reads words, not sentences: "What an idiot I was" and "Don't call him an idiot" score as high as an insult,
  and a sentence of death in polite words ("They should all be executed") may score too low.
- Praise in violent words ("you are killing it") is often held, and a polite sentence that wishes somebody away is
  often not: "People of that sort used to know their place."
- A long comment with one cruel sentence scores lower than that sentence alone.
- Hate without a hateful word, irony and most pictures in emoji are missed.{where}
- It is calibrated to Wikipedia's talk pages; where more (or fewer) comments are toxic, its scores are too low
  (or too high).
- The labels are those of paid raters, mostly from the United States; what they called toxic is what it learnt."""


def _retraining(manifest: Json) -> str:
    libraries = ", ".join(f"{name} {number}" for name, number in manifest["libraries"].items())
    return f"""## Make it again

`{manifest["command"]}` makes the same weights and figures from the file named above and the development sets beside it.
`moderation evaluate FILE --text-column text --label-column toxicity` measures it on a table of yours.
{libraries}; seed {manifest["seed"]}."""


def _row(names: tuple[str, str], figures: Json) -> tuple[str, ...]:
    model, baseline = figures["model"], figures["baseline"]
    return (
        *names,
        f"{figures['rows']:,}",
        f"{figures['positive']:,}",
        *(with_interval(model[figure]) for figure in model),
        ", ".join(number(baseline[figure]["value"]) for figure in baseline),
    )


def _any(figure: Any) -> str:
    return with_interval(figure) if isinstance(figure, dict) else number(figure)
