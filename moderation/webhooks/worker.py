"""The worker: takes due events from the outbox, delivers them, counts the past, and clears away what has expired."""

import threading
import time
import uuid
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from moderation.config import Settings
from moderation.storage import audit, idempotency, moderators, outbox, parked, tallies
from moderation.storage.engine import Database
from moderation.storage.outbox import Lease
from moderation.webhooks.delivery import deliver_once
from moderation.webhooks.sending import TIMEOUT_S

log = structlog.get_logger(__name__)

THREADS = 8
PER_SITE = 2  # in flight at once, so that one dead blog cannot hold every thread
BATCH = 16
IDLE_S = 0.2
LONGEST_PAUSE_S = 30.0
PURGE_EVERY_S = 3600.0
TALLY_EVERY_S = 20.0  # once all is counted
UNPARK_EVERY_S = 20.0
LINK_EVERY_S = 1.0  # once all is linked
HEADS_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    lease: Lease
    use_by: float  # on the monotonic clock


class Worker:
    """Delivers until it is told to stop. Any number of workers may share a database.

    A lease is begun in its first half and a send takes a third of it at most, so that nobody else gets an
    event while it is being sent.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._timeout_s = min(TIMEOUT_S, settings.lease_s / 3)
        self._waiting: deque[_Waiting] = deque()
        self._running: dict[Future[None], Lease] = {}
        self._wake = threading.Event()
        self._next_purge = self._next_tally = self._next_unpark = 0.0
        self._next_link = self._next_heads = 0.0
        self._heads: set[audit.Head] = set()  # as they were logged last

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set; then let what is being sent end, and give back what is not."""
        failures = 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
            while not stop.is_set():
                try:
                    is_idle = not self._turn(pool)
                    failures = 0
                except Exception as error:
                    failures += 1
                    _log_failure(error)
                    stop.wait(min(IDLE_S * 2**failures, LONGEST_PAUSE_S))
                    continue
                if is_idle:
                    self._wake.wait(IDLE_S)
            self._give_back()
        self._reap()

    def _turn(self, pool: ThreadPoolExecutor) -> bool:
        """Start what can be started; whether there may be more to claim at once."""
        self._wake.clear()
        self._reap()
        self._start(pool)
        claimed = self._claim() if self._free() else False
        self._start(pool)
        self._link()
        self._log_heads()
        self._tally()
        self._unpark()
        self._purge()
        return claimed and self._free() > 0

    def _free(self) -> int:
        return THREADS - len(self._running)

    def _in_flight(self) -> Counter[uuid.UUID]:
        return Counter(lease.site_id for lease in self._running.values())

    def _reap(self) -> None:
        """Forget the attempts that have ended. An event whose attempt was not written down stays leased."""
        for future in [future for future in self._running if future.done()]:
            del self._running[future]
            if error := future.exception():
                _log_failure(error)

    def _claim(self) -> bool:
        """Take due events of the sites that have nothing waiting here and may have more in flight."""
        busy = {item.lease.site_id for item in self._waiting}
        busy |= {site_id for site_id, count in self._in_flight().items() if count >= PER_SITE}
        lease_s = self._settings.lease_s
        use_by = time.monotonic() + lease_s / 2
        with self._database.write() as session:
            leases = outbox.claim(session, limit=BATCH, lease=timedelta(seconds=lease_s), busy_sites=busy)
        self._waiting.extend(_Waiting(lease, use_by) for lease in leases)
        return bool(leases)

    def _start(self, pool: ThreadPoolExecutor) -> None:
        """Hand what is waiting to the threads, oldest first; give back what has waited for too long."""
        in_flight = self._in_flight()
        still_waiting: deque[_Waiting] = deque()
        too_late: list[Lease] = []
        for item in self._waiting:
            lease = item.lease
            if time.monotonic() >= item.use_by:
                too_late.append(lease)
            elif self._free() and in_flight[lease.site_id] < PER_SITE:
                in_flight[lease.site_id] += 1
                self._submit(pool, lease)
            else:
                still_waiting.append(item)
        self._waiting = still_waiting
        self._release(too_late)

    def _submit(self, pool: ThreadPoolExecutor, lease: Lease) -> None:
        future = pool.submit(
            deliver_once,
            self._database,
            lease,
            secret_key=self._settings.secret_key,
            networks=self._settings.webhook_networks,
            timeout_s=self._timeout_s,
        )
        self._running[future] = lease
        future.add_done_callback(lambda _: self._wake.set())

    def _give_back(self) -> None:
        leases = [item.lease for item in self._waiting]
        self._waiting.clear()
        try:
            self._release(leases)
        except SQLAlchemyError as error:
            _log_failure(error)  # they are due again when their leases end

    def _release(self, leases: list[Lease]) -> None:
        if not leases:
            return
        with self._database.write() as session:
            now = outbox.database_now(session)
            for lease in leases:
                outbox.release(session, lease, now=now)

    def _link(self) -> None:
        """Give what was added to the audit log its place in the chains."""
        if time.monotonic() < self._next_link:
            return
        self._next_link = time.monotonic() + LINK_EVERY_S
        with self._database.read() as session:
            if not audit.has_waiting(session):
                return
        with self._database.write() as session:
            linked = audit.link(session)
        if linked == audit.LINKED_AT_ONCE:
            self._next_link = 0.0

    def _log_heads(self) -> None:
        """Note outside the database where each chain ends, so that none can be rewritten whole unseen."""
        if time.monotonic() < self._next_heads:
            return
        self._next_heads = time.monotonic() + HEADS_EVERY_S
        with self._database.read() as session:
            heads = set(audit.heads(session))
        for head in heads - self._heads:
            log.info("audit_head", chain=head.name, number=head.number, hash=head.hash.hex())
        self._heads = heads

    def _tally(self) -> None:
        """Count a part of the past; there is another one at the next turn until all is counted."""
        if time.monotonic() < self._next_tally:
            return
        self._next_tally = time.monotonic() + TALLY_EVERY_S
        with self._database.read() as session:
            part = tallies.read_next(session, datetime.now(UTC))
        if part is None:
            return
        with self._database.write() as session:
            tallies.write(session, part)
        self._next_tally = 0.0

    def _unpark(self) -> None:
        if time.monotonic() < self._next_unpark:
            return
        self._next_unpark = time.monotonic() + UNPARK_EVERY_S
        with self._database.read() as session:
            stranded = parked.has_stranded(session)
        if stranded:
            with self._database.write() as session:
                parked.unpark_stranded(session, outbox.database_now(session))

    def _purge(self) -> None:
        if time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + PURGE_EVERY_S  # set first: a failure waits for the next hour
        now = datetime.now(UTC)
        with self._database.write() as session:
            idempotency.purge(session, now)
            moderators.purge_sessions(session, now)
            dropped = parked.drop_old(session, now)
        if dropped == parked.DROPPED_AT_ONCE:
            self._next_purge = 0.0


def _log_failure(error: BaseException) -> None:
    """A database's own message may hold what was being written, so only its class is logged."""
    if isinstance(error, SQLAlchemyError):
        log.error("worker.database_failed", error=type(error).__name__)
    else:
        log.error("worker.failed", exc_info=error)
