"""Places in the product to be killed at, and a clock to be stepped: wrapped round it in a process of the tests.

A file in the service's home names a place; whoever comes by there next takes the file away and dies of SIGKILL,
with its whole process group.
"""

import os
import signal
import socket
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation import intake
from moderation.storage import idempotency, outbox, types
from moderation.storage.tables import Decision
from moderation.webhooks import delivery, worker

BEFORE_COMMIT = "before the commit"
BEFORE_ANSWER = "after the commit, before the answer"
BEFORE_SEND = "after the commit, before the send"
BEFORE_RECORD = "after the send, before the record"

LEASE_S = 3  # of an event in a worker's hands and of a request's key: short, so that a run is

REBINDING = "rebinding.example"  # a name whose address is ours at one question and private at the next


def install(home: Path) -> None:
    def come_by(place: str) -> None:
        order = home / "die-at"
        try:
            if order.read_text() != place:
                return
            order.unlink()
        except FileNotFoundError:
            return
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def before(place, function):
        def wrapped(*arguments, **options):
            come_by(place)
            return function(*arguments, **options)

        return wrapped

    def after(place, function):
        def wrapped(*arguments, **options):
            result = function(*arguments, **options)
            come_by(place)
            return result

        return wrapped

    @sa.event.listens_for(so.Session, "after_flush")
    def _note(session, context) -> None:
        if any(isinstance(row, Decision) for row in session.new):
            session.connection().info["decides"] = True

    @sa.event.listens_for(sa.Engine, "commit")
    def _commit(connection) -> None:
        if connection.info.pop("decides", False):
            come_by(BEFORE_COMMIT)

    idempotency.LEASE = timedelta(seconds=LEASE_S)  # else the key of a killed request is taken for a minute
    intake.submit = after(BEFORE_ANSWER, intake.submit)
    delivery.send = before(BEFORE_SEND, delivery.send)
    outbox.record_attempt = before(BEFORE_RECORD, outbox.record_attempt)
    _bend_clock(home / "clock")
    _bend_names()


def _bend_clock(path: Path) -> None:
    """The wall clock goes wrong by the seconds in a file; the monotonic one does not, as in life."""

    def offset() -> float:
        try:
            return float(path.read_text() or 0)
        except FileNotFoundError:
            return 0.0

    class Bent(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=offset())

    for module in (types, worker, delivery):
        module.datetime = Bent
    types.time = SimpleNamespace(time_ns=lambda: time.time_ns() + int(offset() * 1e9))


def _bend_names() -> None:
    real, asked = socket.getaddrinfo, [0]

    def answer(host, port, *arguments, **options):
        if host != REBINDING:
            return real(host, port, *arguments, **options)
        asked[0] += 1
        return real("127.0.0.1" if asked[0] % 2 else "10.9.8.7", port, *arguments, **options)

    socket.getaddrinfo = answer
