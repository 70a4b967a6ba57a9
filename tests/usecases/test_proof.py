"""The sample that is judged before a batch, and what becomes of the comments that speak against it."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import batches, proof
from moderation.domain.comment import Action, State
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.proof import AUTHOR, RANGE
from moderation.storage.listing import Filters, Queue
from moderation.storage.tables import Author, Batch, Comment, Decision
from tests.factories import NOW, make_comment, make_moderator, make_site

LOW = Filters(risk_from=0.0, risk_to=0.5)


@pytest.fixture
def held(database, site):
    """200 comments with risks of 0.0, 0.005, 0.01, ..."""
    with database.write() as session:
        return [make_comment(session, site, risk=number / 200) for number in range(200)]


@pytest.fixture
def draw(database, site, moderator):
    def _draw(filters=LOW, *, action=Action.PUBLISH, by=moderator, wanted=(Queue.HELD,), way=RANGE, now=NOW):
        return proof.draw(
            database, moderator=by, site=site, way=way, wanted=wanted, filters=filters, action=action, now=now
        )

    return _draw


@pytest.fixture
def judge(database, moderator):
    """Judge the whole sample: the first so many as bad."""

    def _judge(batch, bad=0):
        verdicts = {uuid.UUID(item["comment_id"]): place < bad for place, item in enumerate(batch.sample)}
        return proof.judge(database, moderator=moderator, batch_id=batch.id, verdicts=verdicts)

    return _judge


@pytest.fixture
def start(database, site, moderator):
    def _start(batch, *, by=moderator, site_ids=(site.id,), **options):
        batches.start(database, moderator=by, site_ids=site_ids, batch_id=batch.id, now=NOW, **options)
        assert batches.carry_on(database, batch.id, clock=lambda: NOW)
        with database.read() as session:
            return batches.find(session, site_ids, batch.id, by.id)

    return _start


def risks_of(database, batch):
    with database.read() as session:
        ids = [uuid.UUID(item["comment_id"]) for item in batch.sample]
        return session.scalars(sa.select(Comment.risk).where(Comment.id.in_(ids))).all()


def states_of(database, ids):
    with database.read() as session:
        return [session.get_one(Comment, uuid.UUID(comment_id)).state for comment_id in ids]


@pytest.mark.parametrize(("size", "part"), [(0, 0), (1, 1), (30, 30), (31, 30), (119, 30), (121, 31), (10_000, 2_500)])
def test_sample_is_of_the_riskier_quarter_or_of_enough_to_fill_it(size, part):
    assert proof.riskier_part(size) == part


def test_sample_for_publishing_is_of_the_highest_scores_and_for_rejecting_of_the_lowest(database, held, draw):
    publish, reject = draw(), draw(action=Action.REJECT)

    assert (publish.size, len(publish.sample), len(reject.sample)) == (101, 30, 30)
    assert min(risks_of(database, publish)) >= 0.35
    assert max(risks_of(database, reject)) <= 0.15


def test_sample_is_random_but_the_same_selection_has_the_same(held, draw, second):
    batch = draw(Filters())

    assert draw(Filters()).id == batch.id
    assert draw(LOW).id != batch.id
    somebody_elses = draw(Filters(), by=second)
    assert {item["comment_id"] for item in somebody_elses.sample} != {item["comment_id"] for item in batch.sample}
    assert draw(Filters(), now=NOW + proof.FIXED + timedelta(minutes=1)).id != batch.id


def test_what_was_drawn_and_never_done_is_forgotten_after_a_day(database, held, draw):
    old = draw()

    draw(now=NOW + proof.KEPT + timedelta(minutes=1))

    with database.read() as session:
        assert session.get(Batch, old.id) is None


def test_proof_is_as_good_as_what_was_judged(held, draw, judge):
    batch = draw(Filters())

    assert proof.proof_of(batch).at_most == 1.0
    shown = proof.proof_of(judge(batch))

    assert (shown.size, shown.pool, shown.drawn, shown.judged, shown.wrong) == (200, 50, 30, 30, 0)
    assert shown.at_most == pytest.approx(0.095, abs=0.001)
    assert proof.proof_of(judge(batch, bad=3)).at_most == pytest.approx(0.239, abs=0.001)


def test_where_all_of_the_edge_was_looked_at_nothing_is_left_to_chance(held, draw, judge):
    shown = proof.proof_of(judge(draw(Filters(risk_to=0.2)), bad=3))

    assert (shown.pool, shown.is_whole, shown.at_most) == (30, True, 0.1)


def test_nothing_is_published_before_the_whole_sample_is_judged(database, site, moderator, held, draw, start):
    batch = draw()
    some = {uuid.UUID(item["comment_id"]): False for item in batch.sample[:-1]}
    proof.judge(database, moderator=moderator, batch_id=batch.id, verdicts=some)

    with pytest.raises(InvalidRequest) as refusal:
        start(batch)

    assert refusal.value.code == "sample-not-judged"
    with database.read() as session:
        assert not session.scalar(sa.select(sa.func.count()).where(Comment.state == State.PUBLISHED))


def test_good_sample_lets_the_batch_be_done_and_is_kept_with_it(database, site, held, draw, judge, start):
    batch = start(judge(draw()))

    assert (batch.done, batch.skipped) == (101, 0)
    assert batch.query == {"way": "range", "queues": ["held"], "risk_from": 0.0, "risk_to": 0.5}
    assert [item["bad"] for item in batch.sample] == [False] * 30
    with pytest.raises(Conflict):
        start(batch)


def test_bad_sample_has_to_be_overruled_and_its_bad_comments_stay(database, held, draw, judge, start):
    batch = judge(draw(), bad=2)
    with pytest.raises(InvalidRequest) as refusal:
        start(batch)
    assert refusal.value.code == "not-sure"

    done = start(batch, is_sure=True)

    assert (done.done, done.query["left"]) == (99, 2)
    assert states_of(database, proof.wrong_of(batch)) == [State.HELD] * 2


def test_bad_comments_of_the_sample_are_rejected_with_the_batch_and_come_back_with_it(
    database, site, moderator, held, draw, judge, start
):
    batch = start(judge(draw(), bad=2), is_sure=True, instead=Action.REJECT, note="no")
    wrong = proof.wrong_of(batch)

    assert batch.done == 101
    assert states_of(database, wrong) == [State.REJECTED] * 2
    with database.read() as session:
        notes = session.execute(sa.select(Decision.action, Decision.note).where(Decision.batch_id == batch.id)).all()
    assert set(notes) == {(Action.PUBLISH, ""), (Action.REJECT, "no")}

    batches.undo(database, moderator=moderator, site_ids=[site.id], batch_id=batch.id, now=NOW)
    batches.carry_on(database, batch.id, clock=lambda: NOW)
    assert states_of(database, wrong) == [State.HELD] * 2


def test_fine_comments_speak_against_rejecting(database, held, draw, judge, start):
    batch = judge(draw(action=Action.REJECT), bad=28)

    assert proof.proof_of(batch).wrong == 2
    done = start(batch, is_sure=True, instead=Action.PUBLISH)
    assert states_of(database, proof.wrong_of(done)) == [State.PUBLISHED] * 2


def test_what_changed_since_it_was_drawn_is_skipped_and_counted(database, held, draw, judge, start, second, decide):
    batch = judge(draw())
    decide(held[3], by=second)
    decide(held[4], by=second)

    done = start(batch)

    assert (done.done, done.skipped) == (99, 2)
    assert states_of(database, [str(held[3].id)]) == [State.REJECTED]


def test_all_of_one_author_are_rejected_without_a_proof_but_for_those_marked_fine(
    database, site, moderator, draw, start
):
    with database.write() as session:
        author = Author(site_id=site.id, external_id="id:spammer")
        session.add(author)
        session.flush()
        theirs = [make_comment(session, site, author_id=author.id) for _ in range(3)]
        theirs.append(make_comment(session, site, author_id=author.id, action=Action.PUBLISH))
        make_comment(session, site)
    mine = Filters(author_id=author.id)
    batch = draw(mine, way=AUTHOR, action=Action.SPAM, wanted=[Queue.HELD, Queue.PUBLISHED])
    proof.judge(database, moderator=moderator, batch_id=batch.id, verdicts={theirs[0].id: False})

    done = start(batch)

    assert (done.size, done.done) == (4, 3)
    assert states_of(database, [str(comment.id) for comment in theirs]) == [State.HELD] + [State.SPAM] * 3


def test_only_who_drew_a_batch_may_judge_and_start_it(database, held, draw, judge, start, second):
    batch = judge(draw())

    with pytest.raises(NotFound):
        start(batch, by=second)
    with pytest.raises(NotFound):
        proof.judge(database, moderator=second, batch_id=batch.id, verdicts={})


def test_who_may_no_longer_decide_on_the_site_cannot_start(held, draw, judge, start):
    with pytest.raises(NotFound):
        start(judge(draw()), site_ids=[])


def test_comments_of_another_site_are_never_chosen(database, site, moderator, held, draw):
    with database.write() as session:
        other = make_site(session, slug="other")
        make_moderator(session, other, email="x@example.org")
        foreign = make_comment(session, other, risk=0.49)
        author = Author(site_id=other.id, external_id="id:theirs")
        session.add(author)
        session.flush()
        make_comment(session, other, author_id=author.id)

    assert str(foreign.id) not in {item["comment_id"] for item in draw(Filters(risk_from=0.49, risk_to=0.49)).sample}
    with pytest.raises(InvalidRequest) as refusal:
        draw(Filters(author_id=author.id), way=AUTHOR)
    assert refusal.value.code == "selection-empty"


def test_search_for_words_is_refused_before_anything_is_chosen(held, draw):
    with pytest.raises(InvalidRequest):
        draw(Filters(words=("comment",)))
