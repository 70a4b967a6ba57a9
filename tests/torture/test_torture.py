"""The short form of `make torture`, and whether its judge would see a loss."""

import uuid
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from moderation.storage.tables import Event, EventState
from moderation.webhooks.delivery import encode
from tests.factories import make_comment, make_site
from tests.torture.blogs import Known
from tests.torture.checking import check
from tests.torture.kills import kill_again_and_again

KILLS = 5  # each place once, and one at a random moment


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """A home, and the address of an empty database."""
    home = tmp_path / "home"
    if request.param == "sqlite":
        return home, f"sqlite:///{home / 'moderation.db'}"
    return home, request.getfixturevalue("postgres_cluster").create_database(f"torture_{uuid.uuid4().hex}")


def test_nothing_that_was_answered_is_lost_and_every_event_arrives_although_everything_is_killed(place):
    home, url = place
    made, report = kill_again_and_again(home, url, KILLS, seed=1, show=print)

    assert (report.lost, report.wrong) == ([], [])
    assert sum(made.values()) == KILLS
    assert report.counts["acknowledged comments"] >= KILLS
    assert report.counts["events"] >= report.counts["acknowledged comments"]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("SELECT 1", ""),
        ("DELETE FROM comments WHERE external_id = :name", "not in the database"),
        ("UPDATE comments SET text = 'Another.' WHERE external_id = :name", "text that was answered 2xx is gone"),
        ("UPDATE comments SET version = 2 WHERE external_id = :name", "not numbered 1 to 2"),
        ("UPDATE outbox SET state = 'failed' WHERE comment_id = :id", "failed"),
        ("DELETE FROM outbox WHERE comment_id = :id", "0 events instead of one"),
        ("UPDATE outbox SET id = :other WHERE comment_id = :id", "never came"),
        ('UPDATE outbox SET payload = \'{"type": "x"}\' WHERE comment_id = :id', "another body"),
    ],
)
def test_the_judge_sees_what_is_missing(sqlite_database, damage, finding):
    with sqlite_database.write() as session:
        site = make_site(session, webhook_url="https://blog.example/hook")
        rows = [make_comment(session, site) for _ in range(3)]
        session.flush()
        session.execute(sa.update(Event).values(state=EventState.DELIVERED))
    with sqlite_database.read() as session:
        bodies = {f"msg_{event.id.hex}": {encode(event.payload)} for event in session.scalars(sa.select(Event))}
    blog = SimpleNamespace(slug="garden", known={row.external_id: Known(row.text, version=1) for row in rows})
    inbox = SimpleNamespace(bodies=bodies, times=dict.fromkeys(bodies, 1), forged=0)
    values = {"name": rows[1].external_id, "id": rows[1].id.hex, "other": uuid.uuid4().hex}
    with sqlite_database.writer.begin() as connection:
        connection.execute(sa.text(damage), {name: value for name, value in values.items() if f":{name}" in damage})

    report = check(sqlite_database, [blog], inbox)

    assert (len(report.lost) + len(report.wrong)) == bool(finding)
    assert finding in "".join(report.lost + report.wrong)
