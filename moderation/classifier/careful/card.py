"""The careful reader's card: three columns for every figure, none of which is typed by hand."""

from typing import Any

from moderation.classifier.careful import shown
from moderation.classifier.careful.columns import READERS
from moderation.classifier.plots import plot
from moderation.classifier.tables import percent, table
from moderation.classifier.trust import trust

Json = dict[str, Any]


def card(manifest: Json, metrics: Json) -> str:
    """The card in Markdown."""
    sections = [
        _introduction(manifest, metrics),
        _asked(manifest, metrics),
        _data(manifest),
        shown.results(metrics),
        shown.by_source(metrics),
        trust(metrics),
        shown.context(metrics),
        shown.groups(metrics),
        shown.violence(metrics),
        shown.disguises(metrics),
        shown.highlights(metrics),
        shown.quantisation(metrics),
        shown.ablations(metrics),
        _failures(metrics),
        _retraining(manifest, metrics),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def plots(metrics: Json) -> dict[str, str]:
    """The files that the card shows, by name: each reader's line over natural comments."""
    toxicity = metrics["attributes"].get("TOXICITY", {})
    found = toxicity.get("natural") or toxicity.get("all")
    if not found:
        return {}
    bins = {reader: [(of["score"], of["share"]) for of in found["reliability"][reader]] for reader in READERS}
    curves = {
        reader: [(recall, precision) for _, precision, recall in found["thresholds"][reader] if precision is not None]
        for reader in READERS
    }
    return {
        "reliability.svg": plot(
            "Reliability of TOXICITY",
            ("score", "share that people called toxic"),
            {"perfect": [(0, 0), (1, 1)], **bins},
        ),
        "precision.svg": plot("Precision and recall of TOXICITY", ("recall", "precision"), curves),
    }


def _introduction(manifest: Json, metrics: Json) -> str:
    base = manifest["base"]
    alone = [name for name, of in metrics["attributes"].items() if not of["calibrated"]]
    return f"""# {manifest["model"]}

Reads an English comment together with the title, the comment it answers and the article's nearest sentences, and
scores it from 0 to 1 for each of {len(metrics["attributes"])} attributes.
It works beside {manifest["combination"]["with"]}, which reads every comment first.
Made {manifest["created"]} with `{manifest["command"]}`.

## What it is

A small transformer (`{base["name"]}`, {base["licence"]}, sha256 `{base["sha256"]}`),
trained on and written as ONNX in 8 bits; on it, one attention over the comment's words for each attribute.
An attribute's logit is a bias and the sum of what each word adds. The words of the context add nothing themselves,
they change what the comment's words add.
Both readers together: a logistic regression of their two logits. What a word adds is what it adds in the one,
weighted, and what it adds in the other, weighted; the sum is the score's logit exactly. Whether these are also the
words that a person would name is measured below.
Of a comment longer than a window, the window that is worst for an attribute counts.
A word of the comment that nobody knows is read as the word that it was most likely made of: with a letter starred,
left out, doubled or swapped with the next, spelt by its sound, parted in two or written together with another
(`words.tsv`: the words that stand in at least three comments of the training data, and in how many). The network was
trained on words as they were written.

## Use it for

Deciding which comments a person should see before they appear, and showing that person why.

## Do not use it for

- Rejecting comments or punishing people without a person looking.
- Languages other than English.
- Counting "toxicity" to compare people, groups or sites.
- Deciding by {" or ".join(alone) or "one attribute"} alone: see below.

## Where the two readers disagree

A score of both is one number, and two opinions may stand behind it.
Where the quick reader scores low and the careful one high, the words alone look harmless; the sentence does not.
Where it is the other way round, the words alone look harmful, and the sentence explains them: a quotation, a denial,
a story.
Neither is proof. The receipt keeps both scores."""


def _asked(manifest: Json, metrics: Json) -> str:
    found = metrics.get("cascade")
    if not found:
        return ""
    cuts, promise = manifest["combination"], found["promise"]
    asked = {name: cuts["score_from"][name] <= cuts["score_to"][name] for name in cuts["lower"]}
    shares = (
        (name.replace("_", " "), _share(of), _share(found["cross_fitted"][name]))
        for name, of in found["shares"].items()
    )
    edges = (
        (
            name,
            *(f"{cuts[side][name]:.2f}" for side in ("lower", "higher")),
            *(f"{cuts[side][name]:.2f}" if asked[name] else "never" for side in ("score_from", "score_to")),
        )
        for name in cuts["lower"]
        if cuts["lower"][name] or cuts["higher"][name] or asked[name]
    )
    return f"""## When it is asked

Where a decision is the answer: if the strictest action could come out otherwise, were each of the quick reader's
logits moved down or up by as much as the second table says.
Fewer than {promise["decisions_that_differ"]:g} of the decisions may differ from always asking.
Where scores are the answer: if one of the quick reader's logits lies where the table says; for
{percent(1 - promise["scores_that_differ"])} of the comments all scores should lie within {promise["near"]:g} of always
asking. `score` and `evaluate` always ask.
Shares of {found["rows"]:,} comments of talk pages, toxic ones counted as rare as they naturally are; on the right by
cuts that were chosen on other comments.

{table(("share", "with these cuts", "cuts chosen on other comments"), shares)}

{table(("attribute", "moved down by", "moved up by", "for its score asked from", "to"), edges)}"""


def _share(estimate: Json) -> str:
    low, value, high = (f"{100 * estimate[name]:.2f}" for name in ("low", "value", "high"))
    return f"{value} % ({low} to {high})"


def _data(manifest: Json) -> str:
    data = manifest.get("data")
    if not data:
        return ""
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

`{data["file"]}`, {data["rows"]:,} rows, sha256 `{data["sha256"]}`; `our-examples` is in the project.
An empty label is left out, never read as 0; a share of raters is learnt as a share.
The rates are of labels from one half on. The weight says how often a row is read in one round of the training.

{table(("source", "rows", "weight", "positive", "licence"), sources)}"""


def _failures(metrics: Json) -> str:
    sources = metrics["sources"].get("TOXICITY", {})
    worst = sorted(sources, key=lambda name: sources[name]["figures"]["roc_auc"]["both"]["value"])[:3]
    where = f"\n- Of the sources it is weakest on {', '.join(worst)}." if worst else ""
    return f"""## Known failures

- Irony, hate without a hateful word and most pictures in emoji are often missed.
- It sees a few sentences of an article, not the article: what a comment alludes to may stand elsewhere.
- Of a very long comment it reads the parts that the quick reader finds worst.
- The words that it highlights are those that the sum rests on; that a person would have chosen them is measured above
  and is not certain for one comment.{where}
- It is calibrated to Wikipedia's talk pages; where more (or fewer) comments are toxic, its scores are too low
  (or too high).
- The labels are those of paid raters, mostly from the United States; what they called toxic is what it learnt."""


def _retraining(manifest: Json, metrics: Json) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    return f"""## Make it again

`{manifest["command"]}` trains it anew from the file named above; the weights differ a little from machine to machine.
`{metrics["command"]}` makes every figure on this card again, from that file and the development sets beside it; where
another command is named, that one does.
`moderation evaluate FILE --text-column text --label-column toxicity --reader both` measures it on a table of yours.
{libraries}; seed {manifest["seed"]}."""
