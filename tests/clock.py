"""A clock for tests that play a longer story: keys are made as if it were another time."""

import types as python_types
from datetime import datetime, timedelta

from moderation.storage import types


class Clock:
    """`now`, and keys made from it on."""

    def __init__(self, monkeypatch, now: datetime) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(types, "time", python_types.SimpleNamespace(time_ns=self._time_ns))
        self.set(now)

    def set(self, now: datetime) -> datetime:
        self.now = now
        self._monkeypatch.setattr(types, "_last_tick", 0)  # a key of an earlier time is wanted
        return now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def _time_ns(self) -> int:
        return int(self.now.timestamp() * 1_000) * 1_000_000
