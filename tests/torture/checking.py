"""What was promised, compared with what the database holds and what the blogs were told."""

import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from moderation.audit import verify
from moderation.domain.comment import Actor, State
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Decision, Event, EventState, Site
from moderation.webhooks.delivery import encode
from tests.postgres import find_postgres
from tests.torture.blogs import Blog, Inbox

LINKED_WITHIN_S = 30  # the worker links every second


@dataclass
class Report:
    """Counts of what is right, and a line for each thing that is not."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        self.counts += other.counts
        self.lost += other.lost
        self.wrong += other.wrong


def check(database: Database, blogs: Iterable[Blog], inbox: Inbox) -> Report:
    """Everything, once all requests are answered and the outbox is empty."""
    report = Report()
    with database.read() as session:
        slugs = dict(session.execute(sa.select(Site.id, Site.slug)).all())
        rows = session.scalars(sa.select(Comment)).all()
        decisions = defaultdict(list)
        for decision in session.scalars(sa.select(Decision).order_by(Decision.version)):
            decisions[decision.comment_id].append(decision)
        events = session.scalars(sa.select(Event)).all()
    stored = {(slugs[row.site_id], row.external_id): row for row in rows}
    if len(stored) != len(rows):
        report.wrong.append(f"{len(rows) - len(stored)} comments are there twice")
    for blog in blogs:
        for name, known in blog.known.items():
            report.counts["acknowledged comments"] += 1
            report.counts["acknowledged decisions"] += len(known.decisions)
            row = stored.pop((blog.slug, name), None)
            if row is None:
                report.lost.append(f"comment {name}: answered 2xx, not in the database")
                continue
            _check_comment(report, name, known, row, decisions[row.id])
    report.wrong += [f"comment {name}: stored, although nobody was told so" for _, name in stored]
    _check_events(report, decisions, events, inbox)
    return report


def _check_comment(report: Report, name, known, row: Comment, decisions: list[Decision]) -> None:
    if known.erased:
        if row.state is not State.ERASED or row.text is not None:
            report.lost.append(f"comment {name}: its erasure was answered 2xx and is gone")
    elif row.text != known.text:
        report.lost.append(f"comment {name}: the text that was answered 2xx is gone")
    if row.version < known.version:
        report.lost.append(f"comment {name}: version {known.version} was answered 2xx, {row.version} is stored")
    if [decision.version for decision in decisions] != list(range(1, row.version + 1)):
        report.wrong.append(f"comment {name}: its decisions are not numbered 1 to {row.version}")
    by_blog = [decision.action.value for decision in decisions if decision.actor is Actor.BLOG]
    if known.erased and by_blog[-1:] == ["erase"]:
        by_blog.pop()
    if Counter(by_blog) - Counter(known.decisions):
        report.wrong.append(f"comment {name}: a decision is there twice ({by_blog}, asked for {known.decisions})")
    elif by_blog != known.decisions:
        report.lost.append(f"comment {name}: a decision that was answered 2xx is gone")
    scored = Counter(d.revision for d in decisions if d.actor is Actor.MACHINE and d.receipt.get("model"))
    if any(count > 1 for count in scored.values()):
        report.wrong.append(f"comment {name}: the machine decided twice on one text")


def _check_events(report: Report, decisions, events, inbox: Inbox) -> None:
    of_decision = Counter(event.decision_id for event in events)
    for row in (row for rows in decisions.values() for row in rows):
        report.counts["decisions"] += 1
        if of_decision[row.id] != 1:
            report.wrong.append(f"decision {row.id}: {of_decision[row.id]} events instead of one")
    for event in events:
        report.counts["events"] += 1
        message_id = f"msg_{event.id.hex}"
        bodies = inbox.bodies.get(message_id, set())
        if event.state is not EventState.DELIVERED:
            report.lost.append(f"event {event.id}: {event.state.value} ({event.last_error or 'never tried'})")
        elif not bodies:
            report.lost.append(f"event {event.id}: written down as delivered, never came")
        if bodies - {encode(event.payload)}:
            report.wrong.append(f"event {event.id}: came with another body ({json.loads(bodies.pop())['type']})")
    report.counts["events that came more than once"] = sum(count > 1 for count in inbox.times.values())
    if inbox.forged:
        report.wrong.append(f"{inbox.forged} events were not signed as they should be")


def audited(database: Database, report: Report) -> None:
    """What `moderation audit verify` says of every chain."""
    deadline = time.monotonic() + LINKED_WITHIN_S
    while True:
        chains = list(verify(database))
        if not any(chain.waiting for chain in chains) or time.monotonic() > deadline:
            break
        time.sleep(1)
    for chain in chains:
        report.counts["audit entries"] += chain.number
        report.wrong += [f"audit log of {chain.name}: {finding.detail}" for finding in chain.findings]
        if chain.waiting:
            report.wrong.append(f"audit log of {chain.name}: {chain.waiting} entries were never linked")


def integrity(database: Database) -> list[str]:
    """What the database itself says is broken."""
    if database.is_sqlite:
        with database.reader.connect() as connection:
            said = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            said += [str(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
        return [line for line in said if line != "ok"]
    url = database.url
    command = [str(find_postgres() / "pg_amcheck"), "-h", str(url.host), "-p", str(url.port), "-U", str(url.username)]
    command += ["-d", str(url.database), "--install-missing", "--heapallindexed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [line for line in (done.stdout + done.stderr).splitlines() if line]
