"""What few figures say about many: shares with their intervals, and quantiles of waiting times kept as counts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z_95 = 1.959964
STEPS = 8  # bucket bounds grow by the 8th root of 2, so that a quantile is right to within 5 percent
WIDEST_TELLING = 0.3


@dataclass(frozen=True, slots=True)
class Share:
    """*hits* out of *of*, with the 95 percent interval of Wilson: sound also for few, and at 0 and 1."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        square = Z_95 * Z_95
        middle = (self.hits + square / 2) / (self.of + square)
        reach = Z_95 * math.sqrt(self.value * (1 - self.value) * self.of + square / 4) / (self.of + square)
        return (0.0 if self.hits == 0 else middle - reach), (1.0 if self.hits == self.of else middle + reach)

    @property
    def is_telling(self) -> bool:
        """Whether the interval is so narrow that the share says something."""
        low, high = self.interval
        return high - low <= WIDEST_TELLING


def bucket_of(seconds: float) -> int:
    """The number of the bucket that a duration is counted in; less than two seconds are in bucket 0 and up."""
    return math.floor(STEPS * math.log2(max(seconds, 1.0)) + 1e-9)


def seconds_of(bucket: int) -> float:
    """The duration that stands for all of a bucket: its middle, as a factor."""
    return math.exp2((bucket + 0.5) / STEPS)


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The seconds that *share* of the durations do not exceed, to within 5 percent; None where there are none."""
    total = sum(buckets.values())
    if not total:
        return None
    rank, seen = max(1, math.ceil(share * total)), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= rank:
            return seconds_of(bucket)
    raise AssertionError("unreachable")
