"""Column types and keys that mean the same on SQLite and PostgreSQL."""

import os
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time; naive ones are refused instead of guessed at."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite hands back what was bound, without its zone.
        result: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return result


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


_last_tick, _tick_lock = 0, threading.Lock()


def uuid7() -> uuid.UUID:
    """A UUID that sorts by time (RFC 9562), so that the primary key is also the order of arrival.

    A tick is a 4,096th of a millisecond, and no two of this process are alike: what is made later sorts later.
    """
    global _last_tick
    with _tick_lock:
        _last_tick = max(time.time_ns() * 4096 // 1_000_000, _last_tick + 1)
        milliseconds, fraction = divmod(_last_tick, 4096)
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


def first_uuid7(at: datetime) -> uuid.UUID:
    """The lowest key that could be made at *at*: keys from then on are not below it."""
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)


def time_of_uuid7(key: uuid.UUID) -> datetime:
    """When a key was made, to the millisecond."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)
