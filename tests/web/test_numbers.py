"""Durations as a person says them."""

import pytest

from moderation.web.numbers import lasting, taking


@pytest.fixture
def database(sqlite_database):
    """How a number is written does not depend on the engine."""
    return sqlite_database


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "1.5 minutes"),
        (112, "1.9 minutes"),
        (120, "2 minutes"),
        (150, "2.5 minutes"),
        (14 * 60, "14 minutes"),
        (89 * 60, "89 minutes"),
        (112 * 60, "1.9 hours"),
        (47 * 3_600, "47 hours"),
        (48 * 3_600, "2 days"),
        (60 * 3_600, "2.5 days"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_people_use(app, seconds, said):
    with app.test_request_context():
        assert lasting(seconds) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"), [(0, "0 ms"), (999, "999 ms"), (1_000, "1 second"), (15_003, "15 seconds")]
)
def test_what_an_answer_took_is_said_in_seconds_where_it_took_some(app, milliseconds, said):
    with app.test_request_context():
        assert taking(milliseconds) == said
