"""The figures of the careful reader's card: tables in which each reader has its column."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moderation.classifier.careful.columns import READERS
from moderation.classifier.tables import number, percent, table, with_interval

Json = dict[str, Any]

_FIGURES = {
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "calibration_error": "Calibration error",
    "precision": "Precision of what the default policy holds",
    "recall": "Recall of what the default policy holds",
}


def results(metrics: Json) -> str:
    tables = "\n\n".join(
        f"### {title}\n\n{_columns(('attribute', 'measured on', 'rows', 'positive'), rows)}"
        for figure, title in _FIGURES.items()
        if (
            rows := [
                (
                    (name, slice_, f"{of[slice_]['rows']:,}", f"{of[slice_]['positive']:,}"),
                    of[slice_]["figures"][figure],
                )
                for name, of in metrics["attributes"].items()
                for slice_ in ("natural", "all")
                if figure in of.get(slice_, {}).get("figures", {})
            ]
        )
    )
    bands = ", ".join(
        f"{name} {of['all']['threshold']:g}"
        for name, of in metrics["attributes"].items()
        if of.get("all", {}).get("threshold") is not None
    )
    return f"""## Results

{metrics["split"]}
In brackets the 95 % bootstrap interval.
The default policy holds from: {bands or "no score"}.

{tables}

![Reliability: the score against the share of such comments that people called toxic](reliability.svg)
![Precision against recall](precision.svg)"""


def by_source(metrics: Json) -> str:
    tables = "\n\n".join(
        f"### {_FIGURES[figure]}\n\n{_columns(('attribute', 'source', 'rows', 'positive'), rows)}"
        for figure in ("roc_auc", "average_precision")
        if (
            rows := [
                ((name, source, f"{of['rows']:,}", f"{of['positive']:,}"), of["figures"][figure])
                for name, sources in metrics["sources"].items()
                for source, of in sources.items()
            ]
        )
    )
    said = (
        "Rows held back of each source; those labelled between .4 and .6 are left aside. All these sources were "
        "trained on: expect less of a source of your own."
    )
    return f"## By source\n\n{said}\n\n{tables}" if tables else ""


def context(metrics: Json) -> str:
    found = metrics.get("context")
    if not found:
        return ""
    names = {"label_oc": "raters who did not see it", "label_ic": "raters who saw it"}
    aucs = []
    for name, of in found["roc_auc"].items():
        label, shown = name.split(", ", 1)
        aucs.append(((f"{names[label]} ({found['toxic'][label]} toxic)", shown), of))
    changed = [((name,), of) for name, of in found["changed"].items()]
    return f"""## Context

{found["rows"]:,} comments (`context_small`, never trained on) with and without the comment they answer, against
raters who saw it and raters who did not: ROC AUC of TOXICITY.

{_columns(("judged by", "read"), aucs)}

The share of decisions that the parent changes:

{_columns(("decision",), changed)}

Of {found["raters_changed"]} comments on which the two groups of raters differ: how well the change of the score tells
those that became toxic from those that ceased to be (ROC AUC; .5 is by chance).

{_columns(("",), [(("change of the score",), found["same_way"])])}"""


def groups(metrics: Json) -> str:
    found = metrics.get("identity_terms")
    if not found:
        return ""
    readers, kinds = found["readers"], {"subgroup": "subgroup", "bpsn": "BPSN", "bnsp": "BNSP"}
    means = [
        ((title, "mean"), {name: of[kind]["mean"] for name, of in readers.items()}) for kind, title in kinds.items()
    ]
    lowest = ((title, *(f"{number(readers[r][kind]['min'])} ({readers[r][kind]['worst']})" for r in READERS))
              for kind, title in kinds.items())  # fmt: skip
    terms = (
        (term, *(number(readers[reader]["terms"][term]["bpsn"]) for reader in READERS))
        for term in readers[READERS[0]]["terms"]
    )
    return f"""## Groups

{found["rows"]:,} template sentences (`bias_madlibs`, drawn at random, never trained on): ROC AUC within the sentences
of a term (subgroup), of its innocent ones against the abusive ones without it (BPSN), and of its abusive ones against
the innocent ones without it (BNSP). The interval is over the terms.

{_columns(("figure", ""), means)}

The lowest, and the term:

{table(("figure", *READERS), lowest)}

BPSN by term:

{table(("term", *READERS), terms)}"""


def violence(metrics: Json) -> str:
    found = metrics.get("violence")
    if not found:
        return ""
    rows = [
        ((name, f"{of['rows']:,}", which), of[key])
        for name, of in found["slices"].items()
        for key, which in (("flagged", "in violent words"), ("flagged_without_violent_words", "the rest"))
    ]
    return f"""## Innocent comments on violence

The share of innocent held-back comments flagged, at the threshold where {percent(found["flagged_of_all"])} of all
natural innocent ones are.

{_columns(("measured on", "rows in violent words", "flagged"), rows)}"""


def disguises(metrics: Json) -> str:
    found = metrics.get("disguises")
    if not found:
        return ""
    rows = [((kind,), of) for kind, of in found["kept"].items()]
    whole = (
        (title, *(show(found[key][reader]) for reader in READERS))
        for title, key, show in (
            ("recall of the plain comments", "recall", number),
            ("false positives", "false_positives", percent),
            ("recall kept, mean of all kinds", "kept_mean", number),
        )
    )
    return f"""## Disguised words

{found["rows"]:,} held-back comments, half of their longer words disguised, at the same false positives: the share of
the recall that is left.

{table(("", *READERS), whole)}

{_columns(("disguise",), rows)}"""


def highlights(metrics: Json) -> str:
    parts = [*_marked(metrics.get("spans")), *_taken(metrics.get("deletion"))]
    return "\n\n".join(["## Highlights", *parts]) if parts else ""


def _marked(found: Json | None) -> Iterator[str]:
    if not found:
        return
    yield f"""Against what people marked in {found["rows"]:,} comments (`toxic_spans`, those that neither reader was
trained on): mean character F1. Marking the whole comment would reach {with_interval(found["everything"])}."""
    yield _columns(("",), [(("character F1",), found["character_f1"])])
    if other := found.get("without_civil_comments"):
        yield f"""In {other["rows"]:,} of all its comments, by a network trained without civil-comments, where they are
from: {with_interval(other["character_f1"])}."""


def _taken(found: Json | None) -> Iterator[str]:
    if not found:
        return
    counted = ", ".join(f"{reader} {rows}" for reader, rows in found["rows"].items())
    yield f"""How far the logit of TOXICITY falls if the most highlighted words are taken out of a held-back comment
that is rightly held, and if as many words at random are; the reader scores anew what is left.
(Comments: {counted}.)"""
    falls = [
        ((f"{words} {'word' if words == '1' else 'words'}", which), of[which])
        for words, of in found["words"].items()
        for which in ("highlighted", "random")
    ]
    yield _columns(("taken out", "which"), falls)


def quantisation(metrics: Json) -> str:
    found = metrics.get("quantisation")
    if not found:
        return ""
    rows = (
        ("difference of the chances, mean", number(found["mean"])),
        ("99 % of them differ by at most", number(found["99 %"])),
        ("the largest difference", number(found["largest"])),
        *((f"ROC AUC of TOXICITY in {name}", with_interval(of)) for name, of in found["roc_auc"].items()),
    )
    return f"""## In 8 bits

The network as it ships against the network as it was trained, on {found["texts"]:,} natural held-back comments;
measured when it was trained.

{table(("figure", "value"), rows)}"""


def ablations(metrics: Json) -> str:
    found = metrics.get("ablations")
    if not found:
        return ""
    return "## What each idea brings\n\n" + "\n\n".join(
        f"### {name.capitalize()}\n\n{of['about']} Made with `{of['command']}`.\n\n{_trainings(of['trainings'])}"
        for name, of in found.items()
    )


def _trainings(trainings: Mapping[str, Json]) -> str:
    figures = list(dict.fromkeys(figure for of in trainings.values() for figure in of))
    rows = ((name, *(_any(of.get(figure)) for figure in figures)) for name, of in trainings.items())
    return table(("training", *figures), rows)


def _columns(head: Iterable[str], rows: Iterable[tuple[tuple[str, ...], Mapping[str, Any]]]) -> str:
    """A table of rows by name, and what each reader reaches."""
    return table(
        (*head, *READERS), ((*names, *(with_interval(of[reader]) for reader in READERS)) for names, of in rows)
    )


def _any(figure: Any) -> str:
    return with_interval(figure) if isinstance(figure, dict) else number(figure)
