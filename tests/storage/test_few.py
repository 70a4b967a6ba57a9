"""Lists that several marks narrow to a few comments: the same lists, asked for by name."""

from dataclasses import replace

import pytest

from moderation.domain.comment import Action
from moderation.storage import few, marks, queues
from moderation.storage.histograms import histogram
from moderation.storage.listing import Filters, Queue, Sort
from tests.factories import make_comment, make_site, mark_reported

BOTH = Filters(reasons=("insult", "spam"))
CODES = (["insult"], ["insult", "spam"], ["spam"], ["insult", "spam", "threat"], [])


@pytest.fixture
def sites(database):
    """Two sites, each with comments of every combination of marks in two states; some were reported."""
    with database.write() as session:
        made = [make_site(session, slug=slug) for slug in ("one", "two")]
        for site in made:
            for number, codes in enumerate(CODES * 3):
                for action in (Action.HOLD, Action.PUBLISH):
                    comment = make_comment(session, site, action=action, risk=number / 20)
                    session.flush()
                    marks.set_reasons(session, comment, codes, is_new=True)
                    if action is Action.PUBLISH and number % 2:
                        mark_reported(session, comment)
        return [site.id for site in made]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(
    ("queue", "filters", "number"),
    [
        (Queue.HELD, BOTH, 12),
        (Queue.ALL, BOTH, 24),
        (Queue.REPORTED, Filters(reasons=("spam",)), 10),
        (Queue.PUBLISHED, Filters(reasons=("insult", "threat"), without_reasons=("spam",)), 0),
        (Queue.HELD, replace(BOTH, risk_from=0.3), 8),
    ],
)
def test_a_list_by_name_is_the_list(database, sites, queue, filters, number, sort):
    with database.read() as session:
        named = replace(filters, hits=few.hits(session, sites, queue, filters))
        assert named.hits is not None

        pages = [queues.read_queue(session, sites, queue, filters=each, sort=sort) for each in (filters, named)]
        counts = [queues.count(session, sites, queue, filters=each) for each in (filters, named)]
        heads = [queues.newest_and_count(session, sites, queue, each) for each in (filters, named)]
        of_one = [histogram(session, sites[0], queue, filters=each) for each in (filters, named)]

    assert [row.id for row in pages[0].comments] == [row.id for row in pages[1].comments]
    assert counts == [number, number]
    assert heads[0] == heads[1]
    assert of_one[0] == of_one[1]
    assert sum(of_one[1][0]) == number / 2  # the other site's are not counted


def test_what_is_asked_of_it_besides_is_answered_of_the_list_alone(database, sites):
    with database.read() as session:
        named = replace(BOTH, hits=few.hits(session, sites, Queue.HELD, BOTH))

        assert queues.count_any(session, sites, Queue.HELD, ["threat"], filters=named) == 6
        assert queues.count(session, sites[:1], Queue.HELD, filters=named) == 6
        assert queues.count(session, sites, Queue.HELD, filters=replace(named, without_reasons=("threat",))) == 6


def test_one_mark_or_many_comments_are_read_along_the_index(database, sites, monkeypatch):
    with database.read() as session:
        assert few.hits(session, sites, Queue.HELD, Filters(reasons=("insult",))) is None
        assert few.hits(session, sites, Queue.HELD, Filters(reasons=("insult", "insult"))) is None

        monkeypatch.setattr(few, "FEW", 11)
        assert few.hits(session, sites, Queue.HELD, BOTH) is None
        monkeypatch.setattr(few, "FEW", 12)
        assert len(few.hits(session, sites, Queue.HELD, BOTH)) == 12


def test_more_sites_than_one_statement_takes(database, sites, monkeypatch):
    monkeypatch.setattr(few, "MAX_ARMS", 1)
    with database.read() as session:
        assert len(few.hits(session, sites, Queue.ALL, BOTH)) == 24
        assert few.hits(session, [], Queue.ALL, BOTH) == ()
