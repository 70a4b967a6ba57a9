"""SIGKILL, again and again, while blogs send and are told."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from moderation.storage.tables import Event, EventState, Site
from moderation.storage.types import utc_now
from tests.e2e.stack import wait_until
from tests.torture.blogs import Blog, Inbox
from tests.torture.checking import Report, audited, check, integrity
from tests.torture.places import BEFORE_ANSWER, BEFORE_COMMIT, BEFORE_RECORD, BEFORE_SEND, LEASE_S
from tests.torture.processes import PATIENCE_S, Processes

BLOGS = 4
LONGEST_LIFE_S = 2.0  # of a service, from its first answer; of one that is killed while it starts, from its start
WHO_DIES_AT = {
    BEFORE_COMMIT: "service",
    BEFORE_ANSWER: "service",
    BEFORE_SEND: "worker",
    BEFORE_RECORD: "worker",
}
RANDOM, STARTING, WORKER = "the service, at a random moment", "the service, while it starts", "the worker"


def kill_again_and_again(
    home: Path, url: str, kills: int, seed: int, *, show: Callable[[str], None]
) -> tuple[Counter[str], Report]:
    """How often each kind of kill was made, and what is left of what was promised."""
    chance, made = random.Random(seed), Counter()
    machine, inbox = Processes(home, url, sites=BLOGS), Inbox()
    point_to(machine, inbox, {})
    blogs = [Blog(slug, machine.port, key, seed) for slug, key in machine.keys.items()]
    try:
        machine.start()
        for blog in blogs:
            blog.start()
        kinds = [RANDOM, BEFORE_COMMIT, BEFORE_SEND, BEFORE_ANSWER, BEFORE_RECORD, STARTING, RANDOM]
        kinds += [] if machine.is_sqlite else [WORKER, WORKER]
        for number in range(kills):
            kind = kinds[number % len(kinds)]
            _kill(machine, kind, chance, lambda: sum(blog.answered for blog in blogs))
            made[kind] += 1
            if (number + 1) % 10 == 0:
                show(f"{number + 1} of {kills} kills, {sum(blog.answered for blog in blogs)} requests answered 2xx")
        for blog in blogs:
            blog.finish()
        for blog in blogs:
            blog.join(PATIENCE_S)
        stuck = [wish for blog in blogs if blog.is_alive() for wish in blog.unanswered]
        drain(machine)
        report = check(machine.database, blogs, inbox)
        report.wrong += [f"{wish.kind} of {wish.comment_id}: never answered" for wish in stuck]
        report.wrong += integrity(machine.database)
        audited(machine.database, report)
        report.counts["requests that were cut off"] = sum(blog.cut_off for blog in blogs)
        return made, report
    finally:
        for blog in blogs:
            blog.finish()
        machine.stop()
        inbox.close()


def point_to(machine: Processes, inbox: Inbox, elsewhere: dict[str, str]) -> None:
    """Let the sites' events come to the inbox, but for those that have an address *elsewhere*."""
    inbox.secrets = dict(machine.secrets)
    with machine.database.write() as session:
        for site in session.scalars(sa.select(Site)):
            site.webhook_url = elsewhere.get(site.slug) or inbox.url(site.slug)


def _kill(machine: Processes, kind: str, chance: random.Random, answered: Callable[[], int]) -> None:
    """Kill once, in the midst of work, and start again."""
    before = answered()
    wait_until(lambda: answered() > before, "an answer", PATIENCE_S)
    if kind in WHO_DIES_AT:
        victim = "service" if machine.is_sqlite else WHO_DIES_AT[kind]
        order = machine.home / "die-at"
        draft = order.with_suffix(".new")
        draft.write_text(kind)
        draft.rename(order)
        if not machine.wait_dead(victim, PATIENCE_S):
            raise AssertionError(f"nobody came by the place: {kind}\n{machine.last_words()}")
    elif kind == WORKER:
        victim = "worker"
        time.sleep(chance.uniform(0, LONGEST_LIFE_S))
    else:
        victim = "service"
        if kind == STARTING:
            machine.kill(victim)
            machine.start_one(victim)
        time.sleep(chance.uniform(0, LONGEST_LIFE_S))
    machine.kill(victim)
    machine.start_one(victim)
    machine.wait_ready()


def drain(machine: Processes) -> None:
    """Wait until every event has ended, or nothing moves any more; the days between two attempts are left out."""
    undone = Event.state.in_([EventState.PENDING, EventState.PARKED])
    waiting = sa.select(sa.func.count()).select_from(Event).where(undone)
    between_attempts = Event.state == EventState.PENDING, Event.lease_token.is_(None), Event.attempts > 0

    def count() -> int:
        with machine.database.write() as session:
            session.execute(sa.update(Event).where(*between_attempts).values(due_at=utc_now()))
            return session.scalar(waiting) or 0

    last, since = count(), time.monotonic()
    while last and time.monotonic() < since + 20 * LEASE_S:
        time.sleep(1)
        if (now := count()) != last:
            last, since = now, time.monotonic()
