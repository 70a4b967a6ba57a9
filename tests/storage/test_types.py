"""Keys that sort by time, and times that know their zone."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from moderation.storage.tables import Site
from moderation.storage.types import uuid7
from tests.factories import make_site


def test_keys_are_of_version_7_and_tell_the_time():
    key = uuid7()

    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert abs((key.int >> 80) / 1000 - time.time()) < 5


def test_what_is_made_later_sorts_later_also_within_a_millisecond():
    keys = [uuid7() for _ in range(20_000)]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_threads_never_share_a_tick():
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: uuid7(), range(5_000)))

    assert len({key.int >> 64 for key in keys}) == len(keys)


def test_time_without_a_zone_is_refused_and_one_with_a_zone_comes_back_as_utc(database):
    with database.write() as session:
        site = make_site(session)
        site.webhook_disabled_at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    with database.read() as session:
        assert session.scalar(sa.select(Site.webhook_disabled_at)) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def store_naive():
        with database.write() as session:
            session.get_one(Site, site.id).webhook_disabled_at = datetime(2026, 11, 23)  # noqa: DTZ001 - the point

    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        store_naive()
