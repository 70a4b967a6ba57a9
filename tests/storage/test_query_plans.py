"""Every list reads an index in its order: with many rows, nothing sorts or reads a whole table."""

import itertools
import random
import re
import uuid

import pytest
import sqlalchemy as sa

from moderation.domain.comment import State
from moderation.storage import authors, listing, outbox, search
from moderation.storage.listing import Filters, Place, Queue, Sort
from moderation.storage.tables import Article, Author, Batch, Comment, CommentMark, Decision, Event, EventState, Note
from moderation.storage.types import uuid7
from tests.factories import NOW, make_moderator, make_site

ROWS = 6_000
PLACE = Place(0.5, uuid7())


@pytest.fixture
def filled(database):
    """Enough rows that a planner with statistics takes an index for what it is."""
    random.seed(1)
    states = [State.HELD, State.PUBLISHED, State.REJECTED, State.SPAM]
    with database.write() as session:
        site = make_site(session)
        article = Article(site_id=site.id, external_id="1")
        author = Author(site_id=site.id, external_id="1")
        session.add_all([article, author])
        session.flush()
        rows = [
            {
                "id": uuid7(),
                "site_id": site.id,
                "external_id": str(number),
                "article_id": article.id if number % 100 == 0 else None,
                "author_id": author.id if number % 100 == 1 else None,
                "parent_external_id": "1" if number % 100 == 2 else "",
                "text": "a text",
                "state": states[number % 4],
                "version": 1,
                "risk": random.random(),
                "created_at": NOW,
            }
            for number in range(ROWS)
        ]
        session.execute(sa.insert(Comment), rows)
        codes = ["insult", "not_scored", "open:reported", "open:escalated", "open:appeal"]
        session.execute(
            sa.insert(CommentMark),
            [
                {"comment_id": r["id"], "code": code, "site_id": site.id, "state": r["state"], "risk": r["risk"]}
                for r, code in zip(rows, itertools.cycle(codes), strict=False)
            ],
        )
        _fill_smaller_tables(session, site, author, rows[:2_000])
        session.execute(sa.text("ANALYZE"))
    return site, article, author


def _fill_smaller_tables(session, site, author, rows):
    """A decision, an event, a note and a batch for each row, of many moderators."""
    people = [make_moderator(session, site, email=f"{n}@example.org", name="M") for n in range(20)]
    session.flush()
    for number, row in enumerate(rows):
        mine = {"site_id": site.id, "created_at": NOW}
        by = people[number % len(people)].id
        batch = Batch(**mine, id=uuid7(), moderator_id=by, action="publish", query={}, sample=[])
        session.add(batch)
        about = {"comment_id": row["id"]} if number % 2 else {"author_id": author.id}
        session.add(Note(**mine, **about, moderator_id=by, text="x"))
        if number % 100 == 0:
            session.flush()
        is_person = number % 2
        decision = Decision(
            **mine,
            id=uuid7(),
            comment_id=row["id"],
            version=1,
            revision=1,
            action="publish",
            actor="moderator" if is_person else "machine",
            moderator_id=by if is_person else None,
            batch_id=None,
            receipt={},
        )
        event = {"comment_id": row["id"], "decision": decision, "type": "x", "payload": {}, "due_at": NOW}
        session.add_all(
            [decision, Event(**mine, **event, state=EventState.PENDING if number % 200 else EventState.FAILED)]
        )
    session.flush()
    session.execute(sa.update(Decision).where(Decision.moderator_id == people[1].id).values(batch_id=batch.id))


def plan(session, query, *, as_it_likes=False):
    """How the database would read it. Ways that are only quicker because so few rows are here are closed."""
    dialect = session.get_bind().dialect
    if dialect.name == "postgresql" and not as_it_likes:
        for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
            session.execute(sa.text(f"SET LOCAL enable_{way} = off"))
    sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(
        f"{explain} {sql}".replace("%", "%%") if dialect.name != "sqlite" else f"{explain} {sql}"
    )
    return "\n".join(str(row[-1]) for row in rows)


def arms(session, site, queue, filters, sort, after):
    articles = listing.own_articles(session, [site.id], filters)
    return listing.arms([site.id], articles, queue, filters, sort, after, 21)


def assert_reads_an_index(steps, what):
    for bad in ("Seq Scan", "SCAN c", "TEMP B-TREE", "Sort"):
        assert bad not in steps, f"{what}\n{steps}"


def test_each_part_of_each_queue_is_read_along_its_index(database, filled):
    site, article, _ = filled
    of_an_article = Filters(article_ids=(article.id,))
    with database.read() as session:
        for queue, sort, reasons, after in itertools.product(Queue, Sort, [(), ("insult",)], [None, PLACE]):
            for arm in arms(session, site, queue, Filters(reasons=reasons), sort, after):
                assert_reads_an_index(plan(session, arm), (queue, sort, reasons, after))
        for queue, sort in itertools.product(Queue, Sort):
            for arm in arms(session, site, queue, of_an_article, sort, None):
                steps = plan(session, arm)
                # What an article has in a state may be sorted; the site's comments are not.
                assert "_article" in steps, steps
                assert "Seq Scan" not in steps, steps


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
@pytest.mark.parametrize("queue", [Queue.HELD, Queue.PUBLISHED])
def test_a_list_by_time_asks_for_nothing_that_its_index_has_not(database, filled, queue, sort):
    site, _, author = filled
    with database.read() as session:
        [arm] = arms(session, site, queue, Filters(asker_id=author.id), sort, None)
        steps = plan(session, arm)
    assert re.search(r"(COVERING INDEX|Index Only Scan).* ix_comments_by_state", steps), steps


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("word", ["e", "nothing-says-this", "äpfel"])
def test_a_search_looks_its_comments_up_one_by_one(database, filled, monkeypatch, sort, word):
    site, _, _ = filled
    with database.read() as session:
        ask, asked = session.execute, []
        monkeypatch.setattr(session, "execute", lambda query: asked.append(query) or ask(query))
        search.find(session, [site.id], Queue.ALL, Filters(words=(word,)), sort, None, 20)
        monkeypatch.undo()
        steps = plan(session, asked[-1], as_it_likes=True)

    assert re.search(r"SubPlan|CORRELATED SCALAR SUBQUERY", steps), steps
    assert "Merge Join" not in steps, steps
    assert "Hash Join" not in steps, steps


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_an_author_s_comments_are_read_along_their_index(database, filled, sort):
    site, _, author = filled
    with database.read() as session:
        [arm] = arms(session, site, Queue.ALL, Filters(author_id=author.id), sort, None)
        steps = plan(session, arm)
    assert "ix_comments_by_author" in steps, steps


def test_how_an_author_s_comments_fared_is_read_from_the_index_alone(database, filled):
    _, _, author = filled
    with database.read() as session:
        steps = plan(session, authors.newest_states(author.id))
    assert re.search(r"(COVERING INDEX|Index Only Scan).* ix_comments_by_author", steps), steps


def test_smaller_lists_read_an_index_too(database, filled):
    site, _, _ = filled
    some = uuid.uuid4()
    queries = {
        "ix_comments_replies": sa.select(Comment.id)
        .where(Comment.site_id == site.id, Comment.parent_external_id == "1", sa.text("parent_external_id <> ''"))
        .order_by(Comment.id),
        "ix_comments_claimed": sa.select(Comment.id).where(
            Comment.site_id == site.id, Comment.claimed_by.is_not(None), Comment.claimed_until > NOW
        ),
        "ix_comments_escalated": sa.select(Comment.id).where(Comment.escalated_by == some),
        "ix_decisions_by_moderator": sa.select(Decision.id)
        .where(Decision.moderator_id == some)
        .order_by(Decision.id.desc()),
        "ix_decisions_by_batch": sa.select(Decision.id).where(Decision.batch_id == some).order_by(Decision.id),
        "ix_batches_by_site": sa.select(Batch.id).where(Batch.site_id == some).order_by(Batch.id.desc()),
        "ix_notes_by_comment": sa.select(Note.id).where(Note.comment_id == some).order_by(Note.id),
        "ix_notes_by_author": sa.select(Note.id).where(Note.author_id == some).order_by(Note.id),
        "ix_outbox_decision_id": sa.select(Event.id).where(Event.decision_id == some),
        "ix_outbox_by_site": sa.select(Event.id)
        .where(Event.site_id == site.id, Event.state == EventState.FAILED)
        .order_by(Event.id.desc()),
    }
    with database.read() as session:
        for index, query in queries.items():
            steps = plan(session, query.limit(20))
            assert index in steps, f"{index}\n{steps}"
            assert_reads_an_index(steps, index)


def test_what_a_blog_has_not_heard_is_found_without_what_it_has(database, filled):
    site, _, _ = filled
    with database.read() as session:
        for query in outbox.undelivered_ids([site.id]):
            steps = plan(session, query.limit(1_000))
            assert re.search(r"ix_outbox_\w+ .*state\S* ?=", steps, re.DOTALL), steps
