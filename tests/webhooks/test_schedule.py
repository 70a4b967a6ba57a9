"""When an event is tried again: the schedule, its jitter, and what Retry-After adds."""

from datetime import UTC, datetime, timedelta

import pytest

from moderation.webhooks.delivery import next_attempt, retry_after
from moderation.webhooks.sending import Answer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BUSY = Answer(503)


def wait(attempts, answer=BUSY, jitter=0.0):
    return next_attempt(attempts, answer, NOW, jitter=jitter) - NOW


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (0, timedelta(0)),
        (1, timedelta(seconds=5)),
        (2, timedelta(minutes=5)),
        (3, timedelta(minutes=30)),
        (4, timedelta(hours=2)),
        (5, timedelta(hours=5)),
        (6, timedelta(hours=10)),
        (7, timedelta(hours=14)),
        (8, timedelta(hours=20)),
        (9, timedelta(hours=24)),
    ],
)
def test_wait_grows_with_the_attempts(attempts, expected):
    assert wait(attempts) == expected
    assert wait(attempts, jitter=-1) == expected * 0.9
    assert wait(attempts, jitter=1) == expected * 1.1
    assert expected * 0.9 <= wait(attempts, jitter=None) <= expected * 1.1


def test_jitter_differs_from_one_event_to_the_next():
    assert len({wait(5, jitter=None) for _ in range(20)}) > 1


@pytest.mark.parametrize("attempts", [10, 11])
def test_ten_attempts_are_enough(attempts):
    assert next_attempt(attempts, Answer(503, "60"), NOW) is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("3600", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 10:00:00 GMT", timedelta(hours=1)),
        ("864000", timedelta(hours=24)),
        ("Mon, 23 Nov 2099 10:00:00 GMT", timedelta(hours=24)),
        ("9" * 5000, timedelta(hours=24)),
        ("0", timedelta(seconds=5)),
        ("1", timedelta(seconds=5)),
        ("Mon, 23 Nov 2020 10:00:00 GMT", timedelta(seconds=5)),
        ("soon", timedelta(seconds=5)),
    ],
)
def test_retry_after_lengthens_the_wait_up_to_a_day(status, header, expected):
    assert wait(1, Answer(status, header)) == expected


def test_retry_after_never_shortens_the_wait():
    assert wait(8, Answer(429, "60")) == timedelta(hours=20)


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_retry_after_of_other_answers_is_ignored(status):
    assert wait(1, Answer(status, "3600")) == timedelta(seconds=5)


def test_no_answer_follows_the_schedule():
    assert wait(1, None) == timedelta(seconds=5)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "-5",
        "1.5",
        "٦٠",
        "Mon, 99 Foo 2026",
        "Mon, 23 Nov 99999 10:00:00 GMT",
        ",",
        "\xff",
        "1, 2",
        "Sun, 06 Nov 1994",
    ],
)
def test_retry_after_that_cannot_be_read_asks_for_nothing(header):
    assert retry_after(header, NOW) == timedelta(0)


def test_retry_after_without_a_zone_is_utc():
    assert retry_after("Mon, 23 Nov 2026 10:00:00 -0000", NOW) == timedelta(hours=1)
