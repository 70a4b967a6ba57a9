"""Every queue, every order, every filter, page by page."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation import review
from moderation.domain import comment as values
from moderation.domain.comment import Action, State
from moderation.domain.errors import InvalidRequest
from moderation.storage import comments, listing, marks, queues, search
from moderation.storage.histograms import histogram
from moderation.storage.listing import Filters, Queue, Sort
from moderation.storage.marks import Matter
from moderation.storage.tables import CommentMark
from moderation.storage.types import first_uuid7
from tests.factories import NOW, make_comment, make_moderator, make_site, mark_reported

RISKS = (0.2, 0.9, 0.5, 0.9, 0.7)


@pytest.fixture
def site(database):
    with database.write() as session:
        return make_site(session)


def add(database, site, *, reasons=(), **overrides):
    with database.write() as session:
        comment = make_comment(session, site, **overrides)
        session.flush()
        marks.set_reasons(session, comment, reasons, is_new=True)
        return comment


@pytest.fixture
def pages(database, site):
    """All of a list, read in pages of two."""

    def _pages(queue=Queue.HELD, *, sites=(site.id,), limit=2, **options):
        found, after = [], None
        with database.read() as session:
            while True:
                page = queues.read_queue(session, sites, queue, after=after, limit=limit, **options)
                assert len(page.comments) <= limit
                found += page.comments
                if page.following is None:
                    return found
                after = page.following

    return _pages


def ids(rows):
    return [row.id for row in rows]


@pytest.mark.parametrize("sort", Sort)
def test_what_somebody_asked_an_owner_about_leaves_their_own_queues_only(database, site, pages, sort):
    with database.write() as session:
        mona, nils = (make_moderator(session, site, email=f"{name}@example.org", name=name) for name in ("m", "n"))
    asked = add(database, site, reasons=["not_scored"])
    others = [add(database, site, reasons=["not_scored"]) for _ in range(2)]
    review.escalate(database, moderator=mona, site_ids=[site.id], comment_id=asked.id, seen_version=1, now=NOW)
    theirs = Filters(asker_id=mona.id)

    for queue in (Queue.HELD, Queue.NOT_SCORED):
        assert set(ids(pages(queue, filters=theirs, sort=sort))) == set(ids(others))
        assert asked.id in ids(pages(queue, filters=Filters(asker_id=nils.id), sort=sort))
        with database.read() as session:
            assert queues.count(session, [site.id], queue, filters=theirs) == 2
    assert ids(pages(Queue.ESCALATED, filters=theirs, sort=sort)) == [asked.id]


@pytest.mark.parametrize("sort", Sort)
def test_pages_of_several_sites_are_one_list_in_order(database, site, pages, sort):
    with database.write() as session:
        others = [make_site(session, slug=slug) for slug in ("b", "c")]
    made = [add(database, owner, risk=risk) for risk in RISKS for owner in (site, *others)]
    orders = {
        Sort.RISK: lambda c: (-c.risk, c.id),
        Sort.NEWEST: lambda c: -c.id.int,
        Sort.OLDEST: lambda c: c.id,
    }

    found = pages(sites=[site.id, *(other.id for other in others)], sort=sort)

    assert ids(found) == ids(sorted(made, key=orders[sort]))


def test_more_sites_than_one_statement_takes_are_still_one_list(database, monkeypatch, pages, site):
    with database.write() as session:
        many = [site, *(make_site(session, slug=f"s{n}") for n in range(6))]
    made = [add(database, owner, risk=risk) for owner in many for risk in (0.3, 0.6)]
    monkeypatch.setattr(listing, "MAX_ARMS", 3)

    found = pages(sites=[owner.id for owner in many])

    assert ids(found) == ids(sorted(made, key=lambda c: (-c.risk, c.id)))
    with database.read() as session:
        assert queues.count(session, [owner.id for owner in many], Queue.HELD) == 14


def test_each_queue_holds_what_its_name_says(database, site, pages):
    made = {
        "held": add(database, site),
        "not_scored": add(database, site, reasons=["not_scored"]),
        "published": add(database, site, action=Action.PUBLISH),
        "rejected": add(database, site, action=Action.REJECT),
        "spam": add(database, site, action=Action.SPAM),
        "reported": add(database, site, action=Action.PUBLISH),
        "escalated": add(database, site),
        "appealed": add(database, site, action=Action.REJECT),
    }
    with database.write() as session:
        mark_reported(session, session.merge(made["reported"]))
        marks.open_matter(session, made["escalated"], Matter.ESCALATED)
        marks.open_matter(session, made["appealed"], Matter.APPEAL)
    expected = {
        Queue.HELD: {"held", "not_scored", "escalated"},
        Queue.ESCALATED: {"escalated"},
        Queue.REPORTED: {"reported"},
        Queue.APPEALS: {"appealed"},
        Queue.NOT_SCORED: {"not_scored"},
        Queue.PUBLISHED: {"published", "reported"},
        Queue.REJECTED: {"rejected", "appealed"},
        Queue.SPAM: {"spam"},
        Queue.ALL: set(made),
    }

    for queue, sort in itertools.product(Queue, Sort):
        assert set(ids(pages(queue, sort=sort))) == {made[name].id for name in expected[queue]}, (queue, sort)
    with database.read() as session:
        counts = {queue: queues.count(session, [site.id], queue) for queue in Queue}
        everything = [(queue, listing.EVERYTHING) for queue in Queue]
        assert queues.count_each(session, [site.id], everything) == list(counts.values())
        assert queues.count_each(session, [], everything) == [0] * len(Queue)
        for queue in Queue:
            newest = queues.newest_and_count(session, [site.id], queue, listing.EVERYTHING)
            assert newest == (max(made[name].id for name in expected[queue]), counts[queue])
        assert queues.newest_and_count(session, [], Queue.HELD, listing.EVERYTHING) == (None, 0)
    assert counts == {queue: len(names) for queue, names in expected.items()}


def test_another_site_s_comments_are_in_no_list(database, site, pages):
    with database.write() as session:
        other = make_site(session, slug="other")
        author = comments.keep_author(session, other, values.Author(id="u"), NOW)
        article = comments.keep_article(session, other, values.Article("1"), NOW)
        session.flush()
    add(database, other, reasons=["insult"], author_id=author.id, article_id=article.id)

    for filters in (
        Filters(),
        Filters(author_id=author.id),
        Filters(article_ids=(article.id,)),
        Filters(reasons=("insult",)),
        Filters(author_id=author.id, reasons=("insult",)),
        Filters(words=("comment",)),
    ):
        assert pages(filters=filters) == []
        if not filters.needs_scan:
            with database.read() as session:
                assert queues.count(session, [site.id], Queue.HELD, filters=filters) == 0


@pytest.fixture
def mixed(database, site):
    """Comments that differ in reason, article, author and risk."""
    with database.write() as session:
        articles = [comments.keep_article(session, site, values.Article(str(n)), NOW) for n in range(2)]
        authors = [comments.keep_author(session, site, values.Author(id=str(n)), NOW) for n in range(2)]
        session.flush()
    return [
        add(
            database,
            site,
            reasons=reasons,
            article_id=article.id,
            author_id=author.id,
            risk=risk,
            action=action,
            author_name=f"Name {author.external_id}",
            text=f"Text about {'roses' if risk > 0.5 else 'TULIPS'} 100% sure",
        )
        for reasons in (["insult"], ["insult", "threat"], [])
        for article in articles
        for author in authors
        for risk in (0.3, 0.8)
        for action in (Action.HOLD, Action.REJECT)
    ]


def codes_of(database):
    with database.read() as session:
        rows = session.execute(sa.select(CommentMark.comment_id, CommentMark.code)).all()
    found = {}
    for row in rows:
        found.setdefault(row.comment_id, set()).add(row.code)
    return found


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("queue", [Queue.HELD, Queue.ALL])
@pytest.mark.parametrize("reasons", [(), ("insult",), ("insult", "threat")])
def test_filters_narrow_a_list_alone_and_together(database, mixed, pages, reasons, queue, sort):
    codes = codes_of(database)
    one = mixed[0]
    for articles, author_id, risk_from, words in itertools.product(
        ((), (one.article_id,)), (None, one.author_id), (None, 0.5), ((), ("tulips",), ("100%", "TEXT"))
    ):
        filters = Filters(reasons=reasons, article_ids=articles, author_id=author_id, risk_from=risk_from, words=words)
        expected = {
            c.id
            for c in mixed
            if (queue is Queue.ALL or c.state is State.HELD)
            and set(reasons) <= codes.get(c.id, set())
            and (not articles or c.article_id in articles)
            and author_id in (None, c.author_id)
            and c.risk >= (risk_from or 0)
            and all(word.casefold() in c.text.casefold() for word in words)
        }
        found = ids(pages(queue, filters=filters, sort=sort, limit=7))
        assert len(found) == len(set(found))
        assert set(found) == expected, filters


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("reasons", [(), ("insult",)])
def test_several_articles_are_one_list_in_order(mixed, pages, reasons, sort):
    articles = tuple({comment.article_id for comment in mixed})
    both = Filters(article_ids=articles, reasons=reasons)

    assert ids(pages(filters=both, sort=sort)) == ids(pages(filters=Filters(reasons=reasons), sort=sort))


@pytest.mark.parametrize("queue", [Queue.HELD, Queue.ALL])
@pytest.mark.parametrize("more", [{}, {"reasons": ("insult",)}, {"by": True}])
def test_what_somebody_leaves_to_others_is_in_none_of_their_lists(database, mixed, pages, more, queue):
    codes = codes_of(database)
    narrow = {"author_id": mixed[0].author_id} if more.get("by") else more

    whole, left = (
        pages(queue, filters=Filters(**narrow)),
        pages(queue, filters=Filters(**narrow, without_reasons=("threat", "spam"))),
    )

    assert ids(left) == [c.id for c in whole if "threat" not in codes.get(c.id, set())]
    assert 0 < len(left) < len(whole)


def test_some_comments_can_be_left_out_of_a_list_or_be_all_of_it(mixed, pages):
    everything = pages()
    some = tuple(comment.id for comment in everything[2:5])

    assert ids(pages(filters=Filters(without_ids=some))) == [c.id for c in everything if c.id not in some]
    assert ids(pages(filters=Filters(only_ids=some))) == list(some)


def test_author_s_name_is_looked_for_as_it_stands(mixed, pages):
    assert len(pages(filters=Filters(author_name="NAME id:1"))) == len(mixed) / 4
    assert pages(filters=Filters(author_name="name %")) == []
    assert pages(filters=Filters(author_name="name _")) == []


def test_dates_are_times_of_arrival(database, site, pages):
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    made = [add(database, site, id=uuid.UUID(int=first_uuid7(day).int + 5)) for day in days]

    found = pages(filters=Filters(since=days[0] + timedelta(hours=1), until=days[2]), sort=Sort.OLDEST)

    assert ids(found) == [made[1].id]
    assert ids(pages(filters=Filters(since=days[1]), sort=Sort.OLDEST)) == [made[1].id, made[2].id]


@pytest.mark.parametrize("word", ["äpfel", "ÄPFEL", "tulips", "TULIPS", "100%_\\"])
def test_postgresql_takes_capitals_and_small_letters_for_the_same(postgres_database, word):
    with postgres_database.write() as session:
        site = make_site(session)
        made = make_comment(session, site, text="Äpfel and Tulips, 100%_\\ of them")
        make_comment(session, site, text="Pfel and Tulip, 100 of them")
    with postgres_database.read() as session:
        found = queues.read_queue(session, [site.id], Queue.HELD, filters=Filters(words=(word,)))

    assert ids(found.comments) == [made.id]


def test_search_stops_after_so_many_comments_and_goes_on_from_there(database, site, monkeypatch):
    monkeypatch.setattr(search, "SCANNED", 4)
    made = [add(database, site, text="rare" if n == 0 else "common") for n in range(10)]
    filters, after, visited = Filters(words=("rare",)), None, []
    with database.read() as session:
        while True:
            page = queues.read_queue(session, [site.id], Queue.HELD, filters=filters, sort=Sort.NEWEST, after=after)
            visited.append((ids(page.comments), page.scanned_to and page.scanned_to.id))
            if (after := page.following) is None:
                break

    assert visited == [([], made[6].id), ([], made[2].id), ([made[0].id], None)]


def test_a_search_by_risk_stops_sooner(database, site, monkeypatch):
    monkeypatch.setattr(search, "SCANNED_BY_RISK", 2)
    made = [add(database, site, text="rare", risk=risk) for risk in (0.1, 0.2, 0.3)]
    filters = Filters(words=("rare",))

    with database.read() as session:
        first = queues.read_queue(session, [site.id], Queue.HELD, filters=filters, sort=Sort.RISK)
        second = queues.read_queue(
            session, [site.id], Queue.HELD, filters=filters, sort=Sort.RISK, after=first.following
        )

    assert ids(first.comments) == [made[2].id, made[1].id]
    assert ids(second.comments) == [made[0].id]
    assert second.following is None


def test_more_sites_than_can_be_searched_at_once_are_refused(database, site, monkeypatch):
    monkeypatch.setattr(search, "MAX_ARMS", 1)
    with database.write() as session:
        other = make_site(session, slug="other")

    with database.read() as session, pytest.raises(InvalidRequest):
        queues.read_queue(session, [site.id, other.id], Queue.HELD, filters=Filters(words=("x",)))


def test_count_stops_where_it_is_told(database, site):
    for _ in range(5):
        add(database, site)

    with database.read() as session:
        assert queues.count(session, [site.id], Queue.HELD, at_most=3) == 3
        assert queues.count(session, [site.id], Queue.HELD) == 5
        assert queues.count(session, [], Queue.HELD) == 0


def test_histogram_counts_risk_in_equal_parts(database, site):
    for risk in (0.0, 0.04, 0.5, 0.99, 1.0):
        add(database, site, risk=risk)

    with database.read() as session:
        assert histogram(session, site.id, Queue.HELD, bins=10) == ([2, 0, 0, 0, 0, 1, 0, 0, 0, 2], False)
        assert histogram(session, site.id, Queue.HELD, bins=10, at_most=2) == ([0, 0, 0, 0, 0, 1, 0, 0, 0, 2], True)
        assert histogram(session, uuid.uuid4(), Queue.HELD, bins=2) == ([0, 0], False)


@pytest.mark.parametrize("left_out", [(), ("threat",), ("threat", "insult", "spam")])
@pytest.mark.parametrize("reasons", [(), ("insult",)])
def test_histogram_is_of_the_list_as_it_is_narrowed(mixed, database, site, pages, reasons, left_out):
    for article_ids, queue in itertools.product(((), (mixed[0].article_id,)), (Queue.HELD, Queue.REJECTED)):
        filters = Filters(reasons=reasons, without_reasons=left_out, article_ids=article_ids, risk_from=0.1)
        risks = [comment.risk for comment in pages(queue, filters=filters, limit=50)]

        with database.read() as session:
            counts, is_cut = histogram(session, site.id, queue, filters=filters, bins=10)

        assert counts == [sum(number <= risk * 10 < number + 1 for risk in risks) for number in range(10)]
        assert not is_cut


def test_chosen_are_a_list_with_its_versions(database, site):
    made = [add(database, site, risk=risk) for risk in (0.1, 0.4, 0.9)]

    with database.read() as session:
        chosen = queues.chosen(session, site.id, Queue.HELD, filters=Filters(risk_to=0.4))

    assert chosen == [(made[1].id, 1), (made[0].id, 1)]


def test_words_narrow_no_batch_and_no_count(database, site):
    """Left out without a word, they would let a batch decide what nobody asked for."""
    add(database, site)

    with database.read() as session:
        for look in (queues.count, queues.chosen, histogram):
            owner = [site.id] if look is queues.count else site.id
            with pytest.raises(InvalidRequest):
                look(session, owner, Queue.HELD, filters=Filters(words=("x",)))


def test_what_came_after_a_comment_is_counted(database, site):
    made = [add(database, site, risk=risk) for risk in (0.9, 0.1, 0.5)]

    with database.read() as session:
        after = [queues.count(session, [site.id], Queue.HELD, after=listing.Place(0.0, row.id)) for row in made]
        newest = queues.read_places(session, [site.id], Queue.HELD, sort=Sort.NEWEST, limit=1)
    assert after == [2, 1, 0]
    assert [place.id for place in newest] == [made[2].id]


def test_articles_are_found_by_title_or_id(database, site):
    with database.write() as session:
        roses = comments.keep_article(session, site, values.Article("17", title="Roses in winter"), NOW)
        comments.keep_article(session, site, values.Article("18", title="Tulips"), NOW)
        session.flush()

    with database.read() as session:
        assert ids(search.find_articles(session, [site.id], "roses")) == [roses.id]
        assert ids(search.find_articles(session, [site.id], "17")) == [roses.id]
        assert search.find_articles(session, [site.id], "%") == []


def test_comments_with_any_of_several_reasons_are_counted_once(database, site):
    for reasons in (["threat"], ["insult"], ["threat", "insult"], ["spam"], []):
        add(database, site, reasons=reasons)

    with database.read() as session:
        counted = [
            queues.count_any(session, [site.id], Queue.HELD, codes) for codes in ((), ("threat",), ("threat", "insult"))
        ]
    assert counted == [0, 2, 3]


def test_what_the_top_of_a_list_is_about(database, site):
    with database.write() as session:
        other = make_site(session, slug="other")
        one, two, theirs = (
            comments.keep_article(session, owner, values.Article(name), NOW)
            for owner, name in ((site, "1"), (site, "2"), (other, "3"))
        )
        session.flush()
    for article, risk in ((one, 0.9), (two, 0.2), (two, 0.1), (None, 0.5)):
        add(database, site, article_id=article.id if article else None, risk=risk)
    add(database, other, article_id=theirs.id)

    def about(**options):
        with database.read() as session:
            found = queues.articles_in(session, [site.id], Queue.HELD, **options)
            return [(article.id, count) for article, count in found]

    assert about() == [(two.id, 2), (one.id, 1)]
    assert about(looked_at=2) == [(one.id, 1)]
    assert about(looked_at=2, also=two.id) == [(one.id, 1), (two.id, 0)]
    assert about(also=theirs.id) == about()


def test_a_list_asked_for_again_is_the_same_statement_and_another_one_is_not(site):
    def built(*, asker_id=None):
        filters = Filters(asker_id=asker_id)
        return listing.in_order((site.id,), (None,), Queue.HELD, filters, Sort.RISK, None, 20)

    somebody = uuid.uuid4()
    assert built(asker_id=somebody) is built(asker_id=somebody)
    assert built(asker_id=somebody) is not built(asker_id=uuid.uuid4())
