"""An author is erased, exported, or kept no longer than the site wants."""

import subprocess
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import audit as auditing
from moderation import author_data, erasure, intake, labelling, notes, reports, retention, review, standing
from moderation.domain.comment import Action, Article, Author, Parent, State
from moderation.domain.standing import Standing
from moderation.storage import audit, authors, sites
from moderation.storage.audit import Who
from moderation.storage.tables import Base, Comment, Decision, Event, Report, Site
from moderation.storage.types import utc_now
from tests.factories import NOW, make_submission

SECRET = "kumquat"
BLOG = Who("blog")


def written(number, **rest):
    person = Author(f"u-{SECRET}", SECRET, f"{SECRET}@example.org", f"https://{SECRET}.example", f"203.0.113.{number}")
    return make_submission(
        id=f"c{number}",
        text=f"You are bad, {SECRET} {number}.",
        permalink=f"https://blog.example/{SECRET}",
        article=Article("7", title="On fruit"),
        author=person,
        **rest,
    )


@pytest.fixture
def author(database, site, submit, moderator):
    """Somebody with three comments, of which everything that can be kept is kept."""
    submit(written(1), request_key=intake.RequestKey("key:a", b"1" * 32))
    submit(written(2), written(3))
    submit(make_submission(**{"id": "c2", "text": f"Another bad {SECRET} 2.", "author": written(2).author}))
    submit(make_submission(id="answer", text="No.", parent=Parent("c1", f"You are bad, {SECRET} 1.")))
    submit(make_submission(id="quote", text="Hm.", article=Article("7"), parent=Parent("", written(3).text)))
    review.decide_at_blog(database, site, "c1", action=Action.REJECT, note=f"by {SECRET}", now=NOW)
    reports.report(database, site, "c2", reporter="r", reason=f"about {SECRET}", now=NOW)
    reports.report(database, site, "answer", reporter=f"u-{SECRET}", reason=f"says {SECRET}", now=NOW)
    labelling.suggest_scores(database, site, written(3).text, {"INSULT": 1.0}, now=NOW)
    with database.read() as session:
        row = authors.of_site(session, site.id, f"u-{SECRET}")
        mine = session.scalar(sa.select(Comment.id).where(Comment.external_id == "c3"))
    notes.add(database, moderator=moderator, site_ids=[site.id], text=f"{SECRET}!", author_id=row.id, now=NOW)
    notes.add(database, moderator=moderator, site_ids=[site.id], text=f"{SECRET}?", comment_id=mine, now=NOW)
    standing.change(
        database,
        moderator=moderator,
        site_ids=[site.id],
        author_id=row.id,
        standing=Standing.WATCHED,
        why=f"because {SECRET}",
        now=NOW,
    )
    return row


def whole_database(database):
    with database.read() as session:
        return "\n".join(
            str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))
        )


def test_nothing_of_an_author_is_left_in_any_table(database, site, author):
    assert whole_database(database).count(SECRET) > 10

    assert erasure.erase_author(database, author, who=BLOG, now=NOW) == 3

    assert SECRET not in whole_database(database)


def test_the_blog_is_told_of_each_and_decisions_and_other_peoples_comments_stay(database, site, author):
    erasure.erase_author(database, author, who=BLOG, now=NOW)

    with database.read() as session:
        states = dict(session.execute(sa.select(Comment.external_id, Comment.state)).all())
        told = session.scalar(sa.select(sa.func.count()).where(Event.type == "comment.erased"))
        decided = session.scalar(sa.select(sa.func.count()).where(Decision.action == Action.REJECT))
        report = session.scalars(sa.select(Report)).one()
    assert [name for name, state in states.items() if state is not State.ERASED] == ["answer", "quote"]
    assert (told, decided) == (3, 1)
    assert (report.reporter, report.reason) == (None, "")


def test_the_chain_verifies_before_and_after_and_knows_who_erased(database, site, author, moderator):
    with database.write() as session:
        audit.link(session)
    erasure.erase_author(database, author, who=Who("moderator", moderator.id), now=NOW)
    with database.write() as session:
        audit.link(session)

    (chain,) = auditing.verify(database, site.slug)
    (_, newest), *_ = [row for row in auditing.entries(database, site.slug) if row[1].kind == "erasure"]
    assert chain.findings == []
    assert (newest.moderator_id, newest.content["comments"]) == (moderator.id, 3)


def test_erasure_goes_on_where_it_was_cut_short(database, site, author, monkeypatch):
    monkeypatch.setattr(erasure, "AT_ONCE", 1)
    real, calls = erasure._wipe, []

    def fail_at_the_second(session, comment):
        calls.append(comment)
        if len(calls) == 2:
            raise RuntimeError
        real(session, comment)

    monkeypatch.setattr(erasure, "_wipe", fail_at_the_second)
    with pytest.raises(RuntimeError):
        erasure.erase_author(database, author, who=BLOG, now=NOW)
    monkeypatch.setattr(erasure, "_wipe", real)

    assert erasure.erase_author(database, author, who=BLOG, now=NOW) == 2
    assert SECRET not in whole_database(database)


def test_a_comment_that_somebody_has_open_is_erased_all_the_same(database, site, author, moderator, second):
    with database.write() as session:
        session.execute(sa.update(Comment).values(claimed_by=second.id, claimed_until=NOW + timedelta(hours=1)))

    erasure.erase_author(database, author, who=Who("moderator", moderator.id), now=NOW)

    assert SECRET not in whole_database(database)


def grep(folder):
    """The files of a folder that hold the secret, read by a program that knows nothing of databases."""
    found = subprocess.run(["grep", "-rlai", SECRET, str(folder)], capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_a_vacuum_the_bytes_are_gone_from_the_files(database, site, author, tmp_path):
    assert grep(tmp_path)

    erasure.erase_author(database, author, who=BLOG, now=NOW)
    assert grep(tmp_path), "deleted rows leave their bytes in the file until it is written anew"
    database.vacuum()

    assert grep(tmp_path) == []
    with database.read() as session:
        assert session.get_one(Site, site.id)


def test_postgres_writes_its_tables_anew_too(postgres_database):
    postgres_database.vacuum()


def test_export_has_everything_that_is_kept(database, site, author):
    data = author_data.export(database, author, who=BLOG, now=NOW)

    assert data["author"]["email"] == f"{SECRET}@example.org"
    assert data["author"]["standing_why"] == f"because {SECRET}"
    assert [comment["id"] for comment in data["comments"]] == ["c1", "c2", "c3"]
    first, second, _ = data["comments"]
    assert [decision["note"] for decision in first["decisions"]] == ["", f"by {SECRET}"]
    assert first["ip"] == "203.0.113.1"
    assert second["earlier_texts"][0]["text"] == f"You are bad, {SECRET} 2."
    assert data["reports"] == [{"comment": "answer", "at": "2026-11-23T09:00:00Z", "reason": f"says {SECRET}"}]
    assert f"{SECRET}!" in [note["text"] for note in data["notes"]]
    assert "Mona" not in str(data)


def test_what_is_older_than_the_site_keeps_is_erased_and_the_blog_is_not_told(database, site, submit):
    submit(written(1), now=NOW)
    submit(make_submission(id="waits", text="bad"), now=NOW)
    review.decide_at_blog(database, site, "c1", action=Action.PUBLISH, note="", now=NOW)
    with database.write() as session:
        sites.set_retention(session, site, 30)

    def left():
        with database.read() as session:
            rows = session.execute(sa.select(Comment.external_id, Comment.state).order_by(Comment.id))
            return [row.external_id for row in rows if row.state is not State.ERASED]

    today = utc_now()
    assert retention.purge(database, now=today + timedelta(days=29)) == 0
    assert left() == ["c1", "waits"]
    assert retention.purge(database, now=today + timedelta(days=31)) == 1
    assert left() == ["waits"]  # nobody has decided on it yet
    assert SECRET not in whole_database(database)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Event.type == "comment.erased")) == 0


def test_purging_goes_by_batches_and_leaves_other_sites_alone(database, site, submit, monkeypatch):
    monkeypatch.setattr(erasure, "AT_ONCE", 2)
    submit(*[make_submission(text=f"fine {number}") for number in range(5)])
    with database.write() as session:
        sites.set_retention(session, site, 1)
    sizes = []
    real = erasure.erase_old
    monkeypatch.setattr(erasure, "erase_old", lambda *a, **k: sizes.append(real(*a, **k)) or sizes[-1])

    assert retention.purge(database, now=utc_now() + timedelta(days=2), slug="another") == 0
    assert retention.purge(database, now=utc_now() + timedelta(days=2)) == 5
    assert sizes == [2, 2, 1]
