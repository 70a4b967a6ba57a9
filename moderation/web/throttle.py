"""How often: sign-ins by account and by address, objections by address, a dialect's requests by key."""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter


class SignInThrottle:
    """Counts in this process: with several web processes each counts for itself.

    A try is counted before its password is looked at, so that many at once gain nothing;
    a success takes the count back.

    The account's limit also asks for the address, so that a stranger cannot keep a moderator out;
    a third, wider one on the account alone slows down an attack from many addresses.
    """

    def __init__(self, *, per_pair: int = 5, per_address: int = 20, per_account: int = 60) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._pair = RateLimitItemPerMinute(per_pair)
        self._address = RateLimitItemPerMinute(per_address)
        self._account = RateLimitItemPerMinute(per_account)

    def may_try(self, account: str, address: str) -> bool:
        """Count a try; False when there were too many in the last minute."""
        return all(self._limiter.hit(item, *key) for item, key in self._keys(account, address))

    def succeeded(self, account: str, address: str) -> None:
        for item, key in self._keys(account, address):
            self._limiter.clear(item, *key)

    def _keys(self, account: str, address: str) -> list[tuple[RateLimitItemPerMinute, tuple[str, ...]]]:
        account = account.strip().lower()
        return [
            (self._pair, ("pair", account, address)),
            (self._address, ("address", address)),
            (self._account, ("account", account)),
        ]


class CodeThrottle:
    """Six digits are few, so codes are counted by account alone: whoever tries one has the password already."""

    def __init__(self, *, per_minute: int = 5, per_hour: int = 30) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = (RateLimitItemPerMinute(per_minute), RateLimitItemPerHour(per_hour))

    def may_try(self, account: str) -> bool:
        """Count a try; False when there were too many."""
        return all(self._limiter.hit(limit, account) for limit in self._limits)

    def succeeded(self, account: str) -> None:
        for limit in self._limits:
            self._limiter.clear(limit, account)


class AppealThrottle:
    """A comment takes one objection anyway; this is for who holds the links of very many."""

    def __init__(self, *, per_hour: int = 20) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerHour(per_hour)

    def may_try(self, address: str) -> bool:
        """Count a try; False when there were too many in the last hour."""
        return self._limiter.hit(self._limit, address)


class KeyThrottle:
    """Requests a minute of one key, whatever they ask for; 0: as many as it likes.

    Counts in this process, and keeps two numbers a key, however many requests there are.
    """

    def __init__(self, per_minute: int = 0) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None

    def wait_s(self, key: str) -> int:
        """Count a request; the seconds to wait if it is one too many, else 0."""
        if self._limit is None or self._limiter.hit(self._limit, key):
            return 0
        return self._stats(self._limit, key).reset_s

    def left(self, key: str) -> "Left | None":
        """What a key has left of its minute; None where there is no limit."""
        return self._stats(self._limit, key) if self._limit else None

    def _stats(self, limit: RateLimitItemPerMinute, key: str) -> "Left":
        stats = self._limiter.get_window_stats(limit, key)
        return Left(limit.amount, stats.remaining, max(1, math.ceil(stats.reset_time - time.time())))


@dataclass(frozen=True, slots=True)
class Left:
    """Of `limit` requests a minute `remaining` are left, and all of them again in `reset_s` seconds."""

    limit: int
    remaining: int
    reset_s: int
