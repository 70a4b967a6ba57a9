"""What the site's people think of an author, and what they tell each other."""

from datetime import timedelta

import pytest

from moderation import erasure, notes, standing
from moderation.domain.comment import Author
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.domain.standing import Standing
from moderation.storage import authors, queues
from moderation.storage.listing import Filters, Queue
from moderation.storage.tables import Comment
from tests.factories import NOW, make_site, make_submission

ANN = Author(id="ann", name="Ann")
LATER = NOW + timedelta(days=7)


@pytest.fixture
def first(database, site, submit):
    """A first comment of Ann's."""
    submit(make_submission(id="first", author=ANN))
    with database.read() as session:
        return session.query(Comment).filter_by(external_id="first").one()


@pytest.fixture
def give(database, site, moderator, first):
    def _give(kind, *, until=None, site_ids=(site.id,), why="long known"):
        return standing.change(
            database,
            moderator=moderator,
            site_ids=site_ids,
            author_id=first.author_id,
            standing=kind,
            until=until,
            why=why,
            now=NOW,
        )

    return _give


def send(submit, text, **options):
    [result] = submit(make_submission(text=text, author=ANN), **options)
    return result["decision"], [(reason["code"], reason["source"]) for reason in result["reasons"]]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Standing.TRUSTED, "quite bad", ("publish", [("author_trusted", "history")])),
        (Standing.WATCHED, "lovely", ("hold", [("author_watched", "history")])),
        (Standing.BLOCKED, "lovely", ("reject", [("author_blocked", "history")])),
    ],
)
def test_standing_counts_at_arrival_and_is_named(submit, give, kind, text, expected):
    give(kind)

    assert send(submit, text) == expected


def test_standing_runs_out(submit, give):
    give(Standing.BLOCKED, until=LATER)

    assert send(submit, "lovely")[0] == "reject"
    assert send(submit, "just as lovely", now=LATER)[0] == "publish"


def test_standing_is_taken_away_again_and_the_notes_tell_of_it(database, submit, give, first):
    give(Standing.BLOCKED, until=LATER)
    give(None, why="she wrote to us")

    assert send(submit, "lovely")[0] == "publish"
    with database.read() as session:
        told = [note.text for note in notes.of_author(session, first.author_id)]
    assert told == [
        "Standing: blocked until 2026-11-30 09:00 UTC. long known",
        "Standing: none any more. she wrote to us",
    ]


def test_another_author_and_another_site_are_not_concerned(database, scorer, submit, give):
    give(Standing.BLOCKED)
    with database.write() as session:
        other = make_site(session, slug="other")

    [stranger] = submit(make_submission(author=Author(id="bob")))
    [elsewhere] = submit(make_submission(author=ANN), site=other)
    [nobody] = submit(make_submission(text="Lovely indeed"))

    assert [result["decision"] for result in (stranger, elsewhere, nobody)] == ["publish"] * 3


def test_standing_is_given_on_one_s_own_sites_and_for_a_time_to_come(give):
    with pytest.raises(NotFound):
        give(Standing.TRUSTED, site_ids=[])
    with pytest.raises(InvalidRequest):
        give(Standing.TRUSTED, until=NOW)


def test_authors_who_stand_out_are_listed_while_it_lasts(database, site, give, first):
    give(Standing.WATCHED, until=LATER)

    with database.read() as session:
        assert [row.id for row in authors.with_standing(session, site.id, NOW)] == [first.author_id]
        assert authors.with_standing(session, site.id, LATER) == []


def test_profile_counts_an_author_s_comments_and_shows_decisions(database, site, submit, first, decide):
    submit(
        make_submission(id="second", text="bad", author=ANN), make_submission(id="third", text="also bad", author=ANN)
    )
    with database.read() as session:
        page = queues.read_queue(session, [site.id], Queue.HELD, filters=Filters(author_id=first.author_id))
    decide(page.comments[0], reason_code="insult")

    with database.read() as session:
        author = authors.find_author(session, [site.id], first.author_id)
        profile = authors.profile(session, author)
        [decision] = authors.decisions_about(session, author)
    assert (profile.comments, profile.states, profile.is_whole) == (
        3,
        {"published": 1, "held": 1, "rejected": 1},
        True,
    )
    assert profile.rejection_rate == 0.5
    assert (decision.reason_code, decision.moderator.name) == ("insult", "Mona")


@pytest.fixture
def note(database, site, moderator):
    def _note(text="look out", *, site_ids=(site.id,), **about):
        return notes.add(database, moderator=moderator, site_ids=site_ids, text=text, now=NOW, **about)

    return _note


def test_notes_on_a_comment_are_read_first_to_last(database, comment, note):
    note("one", comment_id=comment.id)
    note("two", comment_id=comment.id)

    with database.read() as session:
        found = notes.of_comments(session, [comment])
    assert [(row.text, row.moderator.name) for row in found[comment.id]] == [("one", "Mona"), ("two", "Mona")]


def test_note_is_about_one_thing_on_one_s_own_site_and_says_something(comment, first, note):
    for about in ({}, {"comment_id": comment.id, "author_id": first.author_id}):
        with pytest.raises(NotFound):
            note(**about)
    with pytest.raises(NotFound):
        note(comment_id=comment.id, site_ids=[])
    with pytest.raises(InvalidRequest):
        note(" ", comment_id=comment.id)


def test_only_one_s_own_note_is_taken_away(database, site, comment, note, moderator, second):
    row = note(comment_id=comment.id)

    with pytest.raises(NotFound):
        notes.remove(database, moderator=second, site_ids=[site.id], note_id=row.id)
    notes.remove(database, moderator=moderator, site_ids=[site.id], note_id=row.id)

    with database.read() as session:
        assert notes.of_comments(session, [comment]) == {}


def test_erasure_takes_notes_and_standing_along(database, site, first, note, give):
    note("she wrote: kumquat", comment_id=first.id)
    give(Standing.WATCHED, why="kumquat")

    erasure.erase(database, site, first.external_id, now=NOW)

    with database.read() as session:
        assert session.query(notes.Note).all() == []
        assert session.query(authors.Author).all() == []
    with pytest.raises(NotFound):
        note(comment_id=first.id)
