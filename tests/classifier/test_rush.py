"""When callers in a hurry are too many for the careful reader."""

import pytest

from moderation.classifier.rush import Rush


@pytest.mark.parametrize(("cost_s", "served"), [(0.004, 62), (0.02, 12), (0.6, 0)])
def test_as_many_a_second_are_served_as_take_a_quarter_of_a_core(cost_s, served):
    rush = Rush(clock=lambda: 0.0)
    rush.spent(cost_s)

    assert [rush.joins() for _ in range(200)].count(False) == served


def test_before_the_first_reading_nobody_is_too_many():
    rush = Rush(clock=lambda: 0.0)

    assert not any(rush.joins() for _ in range(1_000))


def test_those_of_a_second_ago_count_no_more():
    now = 0.0
    rush = Rush(clock=lambda: now)
    rush.spent(0.2)

    assert (rush.joins(), rush.joins()) == (False, True)
    now = 1.0
    assert not rush.joins()


def test_the_cost_follows_the_machine():
    rush = Rush(clock=lambda: 0.0)
    rush.spent(0.001)
    for _ in range(50):
        rush.spent(0.6)

    assert rush.joins()
