"""How far each attribute can be trusted, in words that follow from the figures; every card says it."""

from typing import Any

from moderation.classifier.tables import number

Json = dict[str, Any]

_FEW = 1_000  # positive rows


def trust(metrics: Json) -> str:
    return "## How far each attribute can be trusted\n\n" + "\n".join(
        f"- {name}: {_verdict(of)}" for name, of in metrics["attributes"].items()
    )


def _verdict(of: Json) -> str:
    learnt, unseen = of["trained_on"], (of.get("cross_fitted") or of.get("all") or {}).get("model")
    said = f"{learnt['positive']:,} positive of {learnt['rows']:,} rows"
    said += " of one source" if len(learnt["sources"]) == 1 else f" of {len(learnt['sources'])} sources"
    if unseen:
        said += f"; average precision {number(unseen['average_precision']['value'])} on rows it had not seen"
    if not of["calibrated"]:
        return f"{said}. Uncalibrated: the score orders comments but is no probability, and never decides alone."
    if learnt["positive"] < _FEW:
        return f"{said}. Few: read a high score as a reason to look, and a low one as no reason not to."
    return f"{said}. Calibrated."
