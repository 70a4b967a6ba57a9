"""Whether callers in a hurry come faster than the careful reader could be asked for each of them."""

import threading
import time
from collections import deque
from collections.abc import Callable

SHARE = 0.25  # of one core: what such callers may take of it for the careful reader
WINDOW_S = 1.0
_REMEMBERED = 8  # readings, about, that the cost of one is an average of


class Rush:
    """Counts who wants the careful reader, and what one reading costs this machine; any number of threads may."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._wanted: deque[float] = deque()
        self._cost_s = 0.0

    def spent(self, seconds: float) -> None:
        """One reading took so many seconds of CPU."""
        with self._lock:
            self._cost_s += (seconds - self._cost_s) / (_REMEMBERED if self._cost_s else 1)

    def joins(self) -> bool:
        """Count one more who wants it; whether they are too many in this second to be served, all of them."""
        now = self._clock()
        with self._lock:
            self._wanted.append(now)
            while self._wanted[0] <= now - WINDOW_S:
                self._wanted.popleft()
            return len(self._wanted) * self._cost_s > SHARE * WINDOW_S
