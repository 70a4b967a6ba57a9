"""Where the bars stand, and what the axes say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from moderation.domain.estimates import Share
from moderation.web.insight import charts
from moderation.web.insight.charts import BOTTOM, LEFT, RIGHT, TOP, Place
from moderation.web.insight.periods import period

PLACES = [Place("Monday", "/mon", "Mon"), Place("Tuesday", "/tue"), Place("Wednesday", "/wed", "Wed", True)]


@pytest.mark.parametrize(
    ("highest", "lines"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (130, [0, 50, 100, 150]),
        (1_999, [0, 500, 1_000, 1_500, 2_000]),
    ],
)
def test_lines_are_at_round_numbers_and_the_highest_bar_fits(highest, lines):
    step, top = charts.scale(highest)
    assert list(range(0, top + 1, step)) == lines


def test_bars_are_stacked_to_scale():
    chart = charts.stacked(PLACES, [("publish", [1, 0, 2]), ("hold", [3, 0, 0])])

    first, _, third = chart.columns
    published, held = chart.bars
    (x, y, width, height), (last_x, _, last_width, _) = published.boxes  # nothing came on Tuesday
    ((_, held_y, _, held_height),) = held.boxes
    assert (published.kind, held.kind) == ("publish", "hold")
    assert y + height == pytest.approx(BOTTOM)
    assert held_y == pytest.approx(TOP)
    assert held_height == pytest.approx(3 * height)
    assert held_y + held_height == pytest.approx(y)
    assert first.x < x < x + width < first.x + first.width
    assert third.x < last_x < last_x + last_width < third.x + third.width
    assert third.x + third.width == pytest.approx(RIGHT, abs=0.2)
    assert first.x == LEFT
    assert [(tick.text, tick.is_minor) for tick in chart.ticks] == [("Mon", False), ("Wed", True)]


def test_bars_beside_each_other_do_not_meet():
    chart = charts.grouped(PLACES, [("came", [4, 0, 0]), ("done", [1, 0, 0])])

    came, done = chart.bars
    ((x, _, width, _),), ((other_x, _, other_width, _),) = came.boxes, done.boxes
    assert x + width < other_x
    assert other_x + other_width <= chart.columns[1].x


def test_bars_of_a_kind_are_one_shape():
    bars = charts.Bars("hold", ((40, 10.04, 20.5, 100), (70, 60, 20.5, 50)))

    assert bars.path == "M40.0 10.0h20.5v100.0h-20.5zM70.0 60.0h20.5v50.0h-20.5z"


def test_a_share_has_its_interval_and_none_is_drawn_for_nothing():
    chart = charts.shares(PLACES, [Share(50, 100), Share(0, 0), Share(1, 2)])

    sure, unsure = chart.points
    assert sure.low > sure.y > sure.high  # up is less
    assert sure.is_telling
    assert not unsure.is_telling
    assert [line.text for line in chart.lines] == ["0%", "25%", "50%", "75%", "100%"]


def test_parts_of_a_whole_fill_it():
    bars = charts.split([("publish", 3), ("hold", 1), ("reject", 0)])
    assert [(bar.kind, bar.x, bar.width) for bar in bars] == [("publish", 0, 75), ("hold", 75, 25)]


NOW = datetime(2026, 11, 2, 9, 20, tzinfo=UTC)


def test_the_last_day_is_24_hours_to_the_end_of_this_one():
    chosen = period(1, ZoneInfo("Europe/Berlin"), NOW)

    assert len(chosen.slots) == 24
    assert chosen.window.until == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_days_are_those_of_the_zone_also_where_clocks_are_changed():
    chosen = period(30, ZoneInfo("Europe/Berlin"), NOW)
    lengths = [(slot.until - slot.since).total_seconds() / 3_600 for slot in chosen.slots]

    assert chosen.window.since == datetime(2026, 10, 3, 22, tzinfo=UTC)
    assert lengths == [24] * 21 + [25] + [24] * 7 + [11]


def test_days_begin_at_a_full_hour_where_the_zone_is_half_an_hour_off():
    chosen = period(7, ZoneInfo("Asia/Kolkata"), NOW)

    assert {slot.since.minute for slot in chosen.slots} == {0}
    assert chosen.slots[-1].since == datetime(2026, 11, 1, 19, tzinfo=UTC)


def test_a_day_that_has_just_begun_has_its_column():
    chosen = period(7, ZoneInfo("UTC"), datetime(2026, 11, 2, tzinfo=UTC))

    assert len(chosen.slots) == 7
    assert chosen.slots[-1].until == datetime(2026, 11, 2, 1, tzinfo=UTC)


def test_hours_are_summed_by_slot_and_by_hour_of_the_day():
    chosen = period(7, ZoneInfo("Europe/Berlin"), NOW)
    of_window = [0] * (chosen.window.hours[1] - chosen.window.hours[0])
    midnight = int(datetime(2026, 11, 1, 23, tzinfo=UTC).timestamp()) // 3_600 - chosen.window.hours[0]  # in Berlin
    some, others = of_window.copy(), of_window.copy()
    some[midnight], some[midnight - 24], others[midnight - 1] = 2, 1, 5

    assert chosen.by_slot(some) == [0, 0, 0, 0, 0, 1, 2]
    assert chosen.by_slot(others) == [0, 0, 0, 0, 0, 5, 0]
    assert chosen.by_slot([]) == [0] * 7
    assert chosen.by_hour_of_day([some, others]) == [3, *[0] * 22, 5]
    assert chosen.by_hour_of_day([]) == [0] * 24
