"""How much memory a process and its children hold, looked at again and again while something else runs."""

import threading
from pathlib import Path

EVERY_S = 5.0


class Watch:
    """Samples the resident memory, in MB, while its block lasts; empty where the system has no such figures."""

    def __init__(self, pid: int) -> None:
        self.mb: list[float] = []
        self._pid, self._end = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            try:
                self.mb.append(sum(_resident(pid) for pid in _family(self._pid)))
            except OSError:
                return
            if self._end.wait(EVERY_S):
                return


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(int(child) for child in children)]


def _resident(pid: int) -> float:
    """Pages that several processes share count for each of them in part, so that a sum is what they hold together."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
