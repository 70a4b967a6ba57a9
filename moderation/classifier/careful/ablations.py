"""By what few figures trainings are compared, that leave out one idea each.

`ablations.json` of a model's directory holds them for its card: {name of the ablation: {"about": a sentence,
"command": what makes it, "trainings": {name: the `outline` of its metrics}}}.
"""

from moderation.classifier.careful.columns import Json
from moderation.domain.reading import TOXICITY


def outline(metrics: Json, reader: str = "careful") -> Json:
    """The few of a network's figures by which trainings are compared."""
    toxicity = metrics["attributes"][TOXICITY]
    found: Json = {
        f"AUC, {name}": toxicity[name]["figures"]["roc_auc"][reader] for name in ("natural", "all") if name in toxicity
    }
    if "disguises" in metrics:
        found["recall kept in disguise"] = metrics["disguises"]["kept_mean"][reader]
    if natural := metrics.get("violence", {}).get("slices", {}).get("all talk pages"):
        found["innocent comments on violence flagged"] = natural["flagged"][reader]
    if "identity_terms" in metrics:
        found["BPSN AUC, mean"] = metrics["identity_terms"]["readers"][reader]["bpsn"]["mean"]
    if "context" in metrics:
        found["AUC, parent shown"] = metrics["context"]["roc_auc"]["label_ic, with the parent"][reader]
    return found
