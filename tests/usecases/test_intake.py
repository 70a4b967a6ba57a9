"""A comment arrives."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import intake, review
from moderation.domain.comment import Action, Article, Author, Parent
from moderation.domain.errors import AlreadyDecided, KeyReused, StillRunning
from moderation.domain.policy import Policy, Rule
from moderation.scoring import Scorer
from moderation.storage import comments, tables
from moderation.storage.policies import save_policy
from tests.factories import NOW, FakeReader, make_moderator, make_submission


def rows(database, table):
    with database.read() as session:
        return session.scalars(sa.select(table).order_by(*table.__mapper__.primary_key)).all()


def codes(result):
    return [reason["code"] for reason in result["reasons"]]


def test_kind_comment_is_published(submit):
    [result] = submit(make_submission(text="What a lovely garden."))

    assert (result["decision"], result["state"], result["reasons"]) == ("publish", "published", [])


def test_bad_comment_is_held_with_its_reasons_and_spans(submit):
    [result] = submit(make_submission(text="You are bad."))

    assert result["decision"] == "hold"
    assert codes(result) == ["toxicity", "insult"]
    assert result["spans"] == [[8, 11, "TOXICITY", 2.5]]


def test_comment_decision_and_event_are_written_together(database, submit):
    submit(make_submission(id="c-1", text="You are bad."))

    [comment], [decision], [event] = (
        rows(database, table) for table in (tables.Comment, tables.Decision, tables.Event)
    )
    assert decision.comment_id == event.comment_id == comment.id
    assert decision.receipt["model"] == "fake-1"
    assert decision.receipt["policy_version"] == 1
    assert event.payload["type"] == event.type == "comment.held"
    assert event.payload["data"]["comment_id"] == "c-1"
    assert "bad" not in str(event.payload)


def test_receipt_can_be_replayed_from_what_is_stored(database, submit, site):
    from moderation.domain.policy import decide
    from moderation.domain.reading import Context
    from moderation.storage.policies import load_policy

    submit(make_submission(text="You are bad."))

    [comment], [decision] = rows(database, tables.Comment), rows(database, tables.Decision)
    with database.read() as session:
        policy = load_policy(session, site, decision.receipt["policy_version"])
    verdict = decide(policy, FakeReader().read(comment.text, Context()), [])
    assert verdict.action is decision.action
    assert [reason.as_dict() for reason in verdict.reasons] == decision.receipt["reasons"]


def test_failing_reader_holds_the_comment(submit):
    def fail():
        raise RuntimeError("model is broken")

    [result] = submit(make_submission(), scorer=Scorer(FakeReader(before=fail)))

    assert (result["decision"], codes(result), result["scores"]) == ("hold", ["not_scored"], {})


def test_late_reader_holds_the_comment_at_its_deadline(submit):
    release = threading.Event()
    slow = Scorer(FakeReader(before=lambda: release.wait(10)), deadline_s=0.05)

    [result] = submit(make_submission(), scorer=slow)
    release.set()

    assert (result["decision"], codes(result)) == ("hold", ["not_scored"])


def test_without_a_model_everything_is_held(submit):
    [result] = submit(make_submission(), scorer=Scorer(None))

    assert (result["decision"], codes(result)) == ("hold", ["not_scored"])


def test_comment_that_was_not_scored_is_scored_when_it_is_sent_again(submit):
    comment = make_submission()
    submit(comment, scorer=Scorer(None))

    [result] = submit(comment)

    assert (result["decision"], result["version"]) == ("publish", 2)


def test_same_comment_again_changes_nothing(database, submit):
    comment = make_submission(text="You are bad.")
    first = submit(comment)

    assert submit(comment) == first
    assert len(rows(database, tables.Comment)) == len(rows(database, tables.Event)) == 1


def test_other_text_is_an_edit_scored_again(database, submit):
    comment = make_submission(text="You are bad.")
    submit(comment)

    [result] = submit(replace(comment, text="You are kind."))

    assert (result["state"], result["version"]) == ("published", 2)
    [revision] = rows(database, tables.Revision)
    assert (revision.number, revision.text) == (1, "You are bad.")


@pytest.mark.parametrize("decided", [Action.PUBLISH, Action.REJECT, Action.SPAM])
def test_edit_after_a_person_decided_is_never_published_by_the_machine(database, submit, site, decided):
    comment = make_submission(text="You are bad.")
    submit(comment)
    review.decide_at_blog(database, site, comment.id, action=decided, note="", now=NOW)

    [first] = submit(replace(comment, text="You are kind."))
    [second] = submit(replace(comment, text="You are very kind."))

    assert (first["state"], codes(first)) == ("held", ["edited_after_decision"])
    assert (second["state"], codes(second)) == ("held", ["edited_after_decision"])


def test_two_sites_may_use_the_same_comment_id(database, submit, scorer):
    from tests.factories import make_site

    with database.write() as session:
        other = make_site(session, slug="other")
    comment = make_submission()
    submit(comment)

    [result] = submit(replace(comment, text="Another text."), site=other)

    assert result["version"] == 1
    assert len(rows(database, tables.Comment)) == 2


def test_article_is_sent_once_and_kept(database, submit):
    submit(make_submission(article=Article("17", "https://blog.example/a", "Roses", "All about roses.")))
    submit(make_submission(article=Article("17")))

    [article] = rows(database, tables.Article)
    assert (article.title, article.text) == ("Roses", "All about roses.")
    assert {comment.article_id for comment in rows(database, tables.Comment)} == {article.id}


def test_stored_article_and_parent_are_the_reader_s_context(database, site):
    seen = []

    class Listening(FakeReader):
        def read(self, text, context, *, spans=True):
            seen.append(context)
            return super().read(text, context)

    scorer = Scorer(Listening())
    first = make_submission(article=Article("17", title="Roses", text="All about roses."))
    second = make_submission(article=Article("17"), parent=Parent("1", "I like them."))
    intake.submit(database, scorer, site, [first], now=NOW)
    intake.submit(database, scorer, site, [second], now=NOW)

    assert (seen[1].title, seen[1].article, seen[1].parent) == ("Roses", "All about roses.", "I like them.")


def test_authors_are_known_by_id_then_by_address_or_not_at_all(database, submit):
    submit(make_submission(author=Author(id="u-3", name="Ann")))
    submit(make_submission(author=Author(id="u-3", name="Ann B.")))
    submit(make_submission(author=Author(name="Bo", email="Bo@example.org")))
    submit(make_submission(author=Author(name="Bo", email="bo@example.org")))
    submit(make_submission(author=Author(name="Nobody")))

    authors = {author.external_id: author.name for author in rows(database, tables.Author)}
    assert authors == {"id:u-3": "Ann B.", "email:bo@example.org": "Bo"}


def test_same_text_sent_a_third_time_is_held(submit):
    results = [submit(make_submission(text="Buy  my roses"))[0] for _ in range(2)]
    [third] = submit(make_submission(text="buy my ROSES"))

    assert [result["decision"] for result in results] == ["publish", "publish"]
    assert (third["decision"], codes(third)) == ("hold", ["repeated_text"])


def test_same_text_is_forgotten_after_a_day(submit):
    for _ in range(2):
        submit(make_submission(text="Nice!"))

    [result] = submit(make_submission(text="Nice!"), now=NOW + timedelta(hours=25))

    assert result["decision"] == "publish"


def test_site_s_listed_word_decides_as_the_site_chose(database, submit, site):
    with database.write() as session:
        site = session.merge(site)
        save_policy(session, site, Policy(words=(Rule("weed", Action.REJECT), Rule("seed", Action.HOLD))))

    [rejected] = submit(make_submission(text="Buy weed here."), site=site)
    [held] = submit(make_submission(text="Buy a seed here."), site=site)
    [published] = submit(make_submission(text="Seaweed is fine."), site=site)

    assert (rejected["decision"], rejected["policy_version"]) == ("reject", 2)
    assert (held["decision"], codes(held)) == ("hold", ["listed_word"])
    assert published["decision"] == "publish"


def test_batch_is_answered_in_order_and_a_repeat_in_it_is_the_same_comment(database, submit):
    one, two = make_submission(text="You are bad."), make_submission()

    results = submit(one, two, one)

    assert [result["id"] for result in results] == [one.id, two.id, one.id]
    assert [result["decision"] for result in results] == ["hold", "publish", "hold"]
    assert len(rows(database, tables.Comment)) == 2


def test_idempotency_key_answers_with_the_first_result(database, submit):
    key, comment = intake.RequestKey("key:a", b"1" * 32), make_submission()
    first = submit(comment, request_key=key)

    assert submit(make_submission(), request_key=key) == first
    assert len(rows(database, tables.Comment)) == 1


def test_idempotency_key_with_another_body_is_refused(submit):
    submit(make_submission(), request_key=intake.RequestKey("key:a", b"1" * 32))

    with pytest.raises(KeyReused):
        submit(make_submission(), request_key=intake.RequestKey("key:a", b"2" * 32))


def test_idempotency_key_that_is_still_running_is_a_conflict(database, site, submit):
    key = intake.RequestKey("key:a", b"1" * 32)
    entered, release = threading.Event(), threading.Event()

    def wait():
        entered.set()
        release.wait(10)

    slow = Scorer(FakeReader(before=wait), deadline_s=20)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(submit, make_submission(), scorer=slow, request_key=key)
        entered.wait(10)
        with pytest.raises(StillRunning):
            submit(make_submission(), request_key=key)
        release.set()
        assert running.result()[0]["decision"] == "publish"


def test_idempotency_key_of_a_request_that_died_is_free_after_its_lease(database, site, submit):
    from moderation.storage import idempotency

    with database.write() as session:
        idempotency.begin(session, site_id=site.id, key="key:a", request_sha256=b"1" * 32, now=NOW)

    later = NOW + idempotency.LEASE + timedelta(seconds=1)
    [result] = submit(make_submission(), request_key=intake.RequestKey("key:a", b"1" * 32), now=later)

    assert result["decision"] == "publish"


def test_idempotency_key_of_a_request_that_failed_is_free_at_once(database, submit, site, monkeypatch):
    key = intake.RequestKey("key:a", b"1" * 32)
    with monkeypatch.context() as patched:
        patched.setattr(comments, "keep_author", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            submit(make_submission(author=Author(id="u")), request_key=key)

    [result] = submit(make_submission(), request_key=key)

    assert result["decision"] == "publish"
    assert len(rows(database, tables.Comment)) == 1


def test_two_hundred_concurrent_copies_make_one_comment(database, submit):
    comment = make_submission(text="You are bad.", author=Author(id="u"), article=Article("17", title="Roses"))
    start = threading.Barrier(20)

    def send():
        start.wait()
        return [submit(comment)[0] for _ in range(10)]

    with ThreadPoolExecutor(20) as pool:
        answers = [answer for future in [pool.submit(send) for _ in range(20)] for answer in future.result()]

    assert len(answers) == 200
    assert all(answer == answers[0] for answer in answers)
    for table in (tables.Comment, tables.Decision, tables.Event, tables.Author, tables.Article):
        assert len(rows(database, table)) == 1


def test_moderator_and_edit_never_lose_each_other(database, submit, site):
    comment = make_submission(text="You are bad.")
    submit(comment)
    with database.write() as session:
        moderator = make_moderator(session, site)
    [row] = rows(database, tables.Comment)
    submit(replace(comment, text="You are still bad."))

    with pytest.raises(AlreadyDecided):
        review.decide(
            database,
            moderator=moderator,
            site_ids=[site.id],
            comment_id=row.id,
            seen_version=row.version,
            action=Action.PUBLISH,
            now=NOW,
        )
