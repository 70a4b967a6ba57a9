"""The arithmetic of insight, by tables."""

import random

import pytest
from scipy.stats import binomtest

from moderation.domain.estimates import Share, bucket_of, quantile, seconds_of


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (0, 30), (5, 10), (61, 100), (999, 1000)])
def test_the_interval_is_wilson_s(hits, of):
    expected = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    assert Share(hits, of).interval == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_share_of_nothing_says_nothing():
    assert Share(0, 0).value == 0
    assert Share(0, 0).interval == (0, 1)
    assert not Share(0, 0).is_telling


@pytest.mark.parametrize(("hits", "of", "telling"), [(3, 3, False), (9, 9, True), (10, 20, False), (20, 40, True)])
def test_few_are_too_few_to_tell(hits, of, telling):
    assert Share(hits, of).is_telling is telling


@pytest.mark.parametrize("seconds", [1, 1.5, 2, 59, 60, 3_600, 86_400, 7_776_000])
def test_a_bucket_stands_for_its_durations_within_five_percent(seconds):
    assert seconds_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.05)


def test_buckets_are_in_order_and_nothing_is_shorter_than_a_second():
    numbers = [bucket_of(seconds) for seconds in (-1, 0, 0.2, 1, 2, 4, 8)]
    assert numbers == [0, 0, 0, 0, 8, 16, 24]


def test_quantiles_are_those_of_the_durations_within_five_percent():
    random.seed(3)
    durations = sorted(random.lognormvariate(6, 2) + 1 for _ in range(5_000))
    buckets = {}
    for seconds in durations:
        buckets[bucket_of(seconds)] = buckets.get(bucket_of(seconds), 0) + 1

    assert quantile(buckets, 0.5) == pytest.approx(durations[2_499], rel=0.05)
    assert quantile(buckets, 0.9) == pytest.approx(durations[4_499], rel=0.05)
    assert quantile(buckets, 0.0) == pytest.approx(durations[0], rel=0.05)
    assert quantile(buckets, 1.0) == pytest.approx(durations[-1], rel=0.05)


def test_nothing_has_no_quantile():
    assert quantile({}, 0.5) is None
