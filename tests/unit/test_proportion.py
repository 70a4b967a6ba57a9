"""The bound that a sample gives, against values that others have published or that follow from the definition."""

import math

import pytest

from moderation.proportion import upper_bound


@pytest.mark.parametrize(
    ("hits", "tries", "bound"),
    [
        (0, 0, 1.0),  # nothing was tried, nothing is known
        (0, 1, 0.95),
        (0, 30, 0.0950),  # 1 - 0.05 ** (1 / 30)
        (0, 59, 0.0495),  # the classic: 59 without a fault show 95 % good with 95 % confidence
        (0, 100, 0.0295),
        (1, 30, 0.1490),
        (2, 30, 0.1953),
        (1, 93, 0.0500),  # Wilks: 93 with one fault, as 59 with none
        (5, 10, 0.7776),
        (10, 10, 1.0),
    ],
)
def test_upper_bound_is_the_known_one(hits, tries, bound):
    assert upper_bound(hits, tries) == pytest.approx(bound, abs=6e-4)


@pytest.mark.parametrize(("hits", "tries"), [(0, 1), (0, 30), (3, 30), (29, 30), (2, 7), (40, 200)])
def test_so_few_hits_are_just_improbable_enough_at_the_bound(hits, tries):
    share = upper_bound(hits, tries)

    tail = sum(math.comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits + 1))

    assert tail == pytest.approx(0.05)


def test_more_confidence_is_a_wider_bound():
    assert upper_bound(0, 30, 0.99) == pytest.approx(1 - 0.01 ** (1 / 30))


@pytest.mark.parametrize(("hits", "tries"), [(1, 0), (-1, 3)])
def test_impossible_counts_are_refused(hits, tries):
    with pytest.raises(ValueError, match="cannot be"):
        upper_bound(hits, tries)
