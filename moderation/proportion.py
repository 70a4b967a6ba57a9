"""What a random sample says about all that it was drawn from."""

from scipy.special import betaincinv

CONFIDENCE = 0.95


def upper_bound(hits: int, tries: int, confidence: float = CONFIDENCE) -> float:
    """The exact one-sided bound (Clopper and Pearson): a share above it would show so few *hits* in *tries* too rarely.

    With a true share p above it, *hits* or fewer would turn up less often than 1 - *confidence*. Drawing without
    putting back only makes that rarer. Nothing was tried: 1.

    Raises:
        ValueError: there are more hits than tries, or fewer than none.
    """
    if not 0 <= hits <= tries:
        raise ValueError(f"{hits} hits in {tries} tries cannot be")
    if hits == tries:
        return 1.0
    return float(betaincinv(hits + 1, tries - hits, confidence))
