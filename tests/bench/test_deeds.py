"""What is timed is what a moderator does: each round decides and takes back, and leaves the queue as it was."""

import sqlalchemy as sa

from moderation.domain.comment import Action, Actor
from moderation.storage import queues
from moderation.storage.listing import Queue
from moderation.storage.tables import Decision
from tests.bench.deeds import measure
from tests.bench.filling import fill


def test_a_round_decides_and_takes_back(database):
    filled = fill(database, held=60, history=200)
    sites = [site.id for site in filled.sites]
    with database.read() as session:
        before = session.scalars(sa.select(Decision.id)).all()

    figures = measure(database.url.render_as_string(hide_password=False), times=2)

    assert figures["approve, with the page"]["p50_ms"] >= figures["approve"]["min_ms"] > 0
    assert {"claim", "page after it", "undo"} < figures.keys()
    with database.read() as session:
        made = session.execute(
            sa.select(Decision.action, Decision.actor, Decision.undoes.is_not(None))
            .where(Decision.id.not_in(before))
            .order_by(Decision.id)
        ).all()
        assert queues.count(session, sites, Queue.HELD) == 60
    person = Actor.MODERATOR
    assert [tuple(row) for row in made] == [(Action.PUBLISH, person, False), (Action.HOLD, person, True)] * 5
