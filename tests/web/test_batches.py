"""Many comments at once: the part of a queue, its sample, what is selected, an author's; and the log of it."""

import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import batch_work
from moderation.domain.comment import Action, State
from moderation.domain.policy import DEFAULT_REASONS, Policy
from moderation.storage import marks, policies
from moderation.storage.marks import Matter
from moderation.storage.tables import Article, Author, Batch, Comment, CommentMark, Event, Role, Site
from moderation.storage.types import utc_now
from moderation.web.batches.range import Range, bars, read_range, usual
from tests.factories import make_comment, make_moderator
from tests.web.conftest import Tags, sign_in_as


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(
        "moderation.web.batches.pages.AT_ONCE_S", 60
    )  # a busy machine is no reason to answer before the end
    monkeypatch.setattr(batch_work, "REST", 0)
    monkeypatch.setattr(batch_work, "PART_S", 60)  # so that parts are as large on a busy machine


@pytest.fixture
def held(database, site):
    """Forty comments with scores of 1, 3, 5, ... 79 %."""
    with database.write() as session:
        return [make_comment(session, site, risk=(2 * number + 1) / 100, text=f"text {number}") for number in range(40)]


def draw(browser, *, low=0, high=80, action="publish", path="/held/batch"):
    """The address of what was drawn."""
    answer = browser.post(path, **{"from": low, "to": high, "action": action})
    assert answer.status_code == 303, answer.text
    return answer.location


def judge(browser, batch, bad=0):
    names = re.findall(r'name="(v-[^"]+)" value="fine"', browser.get(batch).text)
    verdicts = {name: "bad" if place < bad else "fine" for place, name in enumerate(names)}
    return browser.post(f"{batch}/sample", on=batch, **verdicts)


def start(browser, batch, **fields):
    browser.post(f"{batch}/start", on=batch, **fields)
    return Tags(browser.get(batch).text).text


def states(database):
    with database.read() as session:
        return session.scalars(sa.select(Comment.state).order_by(Comment.risk, Comment.id)).all()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({}, Range(10, 20)),
        ({"from": "4", "to": "30"}, Range(4, 30)),
        ({"from": "30", "to": "4"}, Range(4, 30)),
        ({"from": "5", "to": "29.1"}, Range(4, 30)),
        ({"from": "50", "to": "50"}, Range(50, 52)),
        ({"from": "100", "to": "100"}, Range(98, 100)),
        ({"from": "-7", "to": "1e9"}, Range(0, 100)),
        ({"from": "nan", "to": "inf"}, Range(10, 20)),
        ({"from": "<b>", "to": ""}, Range(10, 20)),
    ],
)
def test_handles_stand_in_order_at_the_edges_of_bars(sent, read):
    assert read_range(sent, Range(10, 20)) == read


def test_handles_begin_around_the_lower_half():
    assert usual([0, 5, 3, 2, 9, 1]) == Range(2, 8)
    assert usual([0, 0]) == Range(0, 100)


def test_a_single_comment_can_be_seen_beside_a_thousand():
    assert [bar.height for bar in bars([1000, 1, 0], Range(0, 2))] == [100.0, 1.5, 0.0]


def test_page_draws_the_queue_over_the_score_and_says_it_in_a_table(browser, held):
    page = Tags(browser.get("/held/batch?from=0&to=20").text)

    assert "40 comments by their score." in page.text
    assert "10 comments are selected" in page.text
    drawn = [attrs for attrs in page.named("rect") if attrs["class"].startswith("bar-of")]
    assert len(drawn) == 40
    assert [attrs["class"] for attrs in drawn].count("bar-of in") == 10
    assert "78–80 %" in page.text
    assert {"svg", "figcaption"} <= {tag for tag, _ in page.found}


def test_filters_of_the_queue_carry_over(browser, database, held):
    with database.write() as session:
        marks.set_reasons(session, session.get_one(Comment, held[0].id), ("insult", "listed_word"), is_new=False)
    queue = browser.get("/?attribute=insult&reason=listed_word").text
    address = re.search(r'href="(/held/batch[^"]*)"', queue)[1].replace("&amp;", "&")

    assert address == "/held/batch?attribute=insult&reason=listed_word"
    page = browser.get(address).text
    assert "Only reason: insult, reason: Listed word." in page
    assert "/held/batch" not in browser.get("/?reason=nothing-has-this").text


def test_what_was_not_scored_or_waits_for_a_person_is_no_part_of_a_batch(browser, database, held):
    with database.write() as session:
        for comment, mark in zip(held, ("not_scored", Matter.ESCALATED, Matter.APPEAL), strict=False):
            session.add(
                CommentMark(comment_id=comment.id, code=mark, site_id=comment.site_id, state="held", risk=comment.risk)
            )

    assert "37 comments by their score" in Tags(browser.get("/held/batch").text).text
    batch = draw(browser, high=20)
    judge(browser, batch)
    start(browser, batch)
    assert states(database)[:4] == [State.HELD] * 3 + [State.PUBLISHED]


def test_article_of_the_queue_carries_over_and_is_named(browser, database, site, held):
    with database.write() as session:
        article = Article(site_id=site.id, external_id="1", title="Roses & <weeds>")
        session.add(article)
        session.flush()
        make_comment(session, site, article_id=article.id, risk=0.1)
    address = re.search(r'href="(/held/batch[^"]*)"', browser.get(f"/?article={article.id}").text)[1]

    page = browser.get(address)

    assert "Only on “Roses &amp; &lt;weeds&gt;”." in page.text
    batch = draw(browser, path=address, high=100)
    judge(browser, batch)
    start(browser, batch)
    assert states(database).count(State.PUBLISHED) == 1
    assert "on “Roses &amp; &lt;weeds&gt;”" in browser.get("/batches").text


@pytest.mark.parametrize("path", ["/not-scored/batch", "/escalated/batch", "/all/batch"])
def test_what_is_not_decided_by_its_score_has_no_such_page(browser, path):
    assert browser.get(path).status_code == 404


def test_show_without_a_script_only_moves_the_handles(browser, database, held):
    answer = browser.post("/held/batch", **{"from": 10, "to": 20, "action": "show"})

    assert answer.location == "/held/batch?from=10&to=20"
    with database.read() as session:
        assert session.scalars(sa.select(Batch)).all() == []


def test_what_was_drawn_leads_back_to_where_it_was_chosen(browser, held):
    chosen = draw(browser, path="/held/batch?attribute=insult", low=0, high=80)
    assert chosen == "/held/batch?attribute=insult&from=0&to=80"  # there is nothing of this kind

    page = browser.get(draw(browser, low=20, high=60)).text

    assert 'href="/held/batch?from=20&amp;to=60"' in page


def test_nothing_is_offered_before_the_sample_is_judged(browser, database, held):
    batch = draw(browser)
    page = Tags(browser.get(batch).text).text

    assert "First look at a sample" in page
    assert "These are the 30 with the highest scores" in page
    assert "0 of 30 judged" in page
    assert "Approve 40 comments" not in page
    start(browser, batch)
    assert set(states(database)) == {State.HELD}


def test_sample_stays_the_same_when_the_page_is_loaded_again_or_drawn_again(browser, held):
    batch = draw(browser, high=80)
    sample = re.findall(r'name="(v-[^"]+)" value="fine"', browser.get(batch).text)

    assert re.findall(r'name="(v-[^"]+)" value="fine"', browser.get(batch).text) == sample
    assert draw(browser, high=80) == batch


def test_good_sample_offers_the_batch_and_it_is_done_and_logged(browser, database, held):
    batch = draw(browser, high=40)
    judge(browser, batch)
    page = Tags(browser.get(batch).text).text
    assert "0 of 20 bad" in page
    assert "You have looked at all of them." in page
    assert "Approve 20 comments" in page

    done = start(browser, batch)

    assert "Batch: Approved" in done
    assert "Done20" in done
    assert states(database) == [State.PUBLISHED] * 20 + [State.HELD] * 20
    log = Tags(browser.get("/batches").text).text
    assert "Approved · 20 comments" in log
    assert "Held, score from 0 % to 40 %" in log
    assert "0 of 20 bad" in log


def test_bound_is_told_with_what_it_is_of(browser, database, site):
    with database.write() as session:
        for number in range(200):
            make_comment(session, site, risk=number / 200)
    batch = draw(browser, high=100)
    judge(browser, batch)

    page = Tags(browser.get(batch).text).text

    assert "Of the 50 with the highest scores, at most about 10 % are bad, with 95 % confidence." in page
    assert "The other 150 have lower scores." in page


def test_bad_sample_has_to_be_overruled(browser, database, held):
    batch = draw(browser)
    judge(browser, batch, bad=3)
    page = browser.get(batch).text
    assert "3 of 30 bad" in page
    assert "Approve 37 comments" in page

    assert "The sample speaks against this batch" in start(browser, batch)
    assert set(states(database)) == {State.HELD}

    start(browser, batch, sure="yes", instead="reject")
    assert sorted(states(database)) == [State.PUBLISHED] * 37 + [State.REJECTED] * 3


def test_what_is_judged_anew_counts_even_if_it_was_not_kept_first(browser, database, held):
    batch = draw(browser)
    judge(browser, batch)
    name = re.search(r'name="(v-[^"]+)"', browser.get(batch).text)[1]

    said = start(browser, batch, **{name: "bad"})

    assert "The sample speaks against this batch" in said
    assert set(states(database)) == {State.HELD}


def test_range_can_be_rejected_likewise_with_a_reason(browser, database, held):
    batch = draw(browser, low=60, high=80, action="reject")
    judge(browser, batch, bad=10)
    start(browser, batch, reason=DEFAULT_REASONS[0].code, note="Off you go")

    assert states(database)[-10:] == [State.REJECTED] * 10
    with database.read() as session:
        done = session.scalars(sa.select(Batch)).one()
    assert (done.done, done.note, done.reason_code) == (10, "Off you go", DEFAULT_REASONS[0].code)


def test_reason_that_the_site_wants_is_asked_for(browser, database, site, held):
    with database.write() as session:
        policies.save_policy(session, session.get_one(Site, site.id), Policy(skip_reason=False))
    batch = draw(browser, low=60, high=80, action="reject")
    judge(browser, batch, bad=10)

    assert "needs a reason" in start(browser, batch)
    assert set(states(database)) == {State.HELD}


def test_pressing_twice_does_it_once(browser, database, held):
    batch = draw(browser, high=40)
    judge(browser, batch)
    start(browser, batch)

    assert browser.post(f"{batch}/start").status_code == 303
    with database.read() as session:
        assert session.scalars(sa.select(Batch)).one().done == 20


def test_whole_batch_is_taken_back_and_the_blog_heard_nothing(browser, database, held):
    batch = draw(browser, high=40)
    judge(browser, batch)
    start(browser, batch)

    answer = browser.post(f"{batch}/undo", on=batch, back=batch)

    assert answer.location == batch
    assert "Taken back: 20 comments are where they were." in browser.get(batch).text
    assert set(states(database)) == {State.HELD}
    with database.read() as session:
        assert set(session.scalars(sa.select(Event.type))) == {"comment.held"}
    assert "taken back" in Tags(browser.get("/batches").text).text
    browser.post(f"{batch}/undo", back=batch)
    assert "taken back already" in browser.get(batch).text


def test_long_batch_goes_on_after_the_answer_and_its_page_says_how_far_it_is(browser, database, held, monkeypatch):
    started = []
    monkeypatch.setattr("moderation.web.batches.pages.AT_ONCE_S", 0)
    monkeypatch.setattr("threading.Thread.start", lambda thread: started.append(thread))
    batch = draw(browser, high=60)
    judge(browser, batch)

    page = browser.get(batch).text if start(browser, batch) else ""

    assert "20 of 30 are seen to. You may leave this page: it goes on." in page
    assert "hx-get" in page
    started[0].run()
    after = browser.get(batch).text
    assert "Done</dt><dd>30" in after
    assert "hx-get" not in after


def test_batch_that_the_end_of_the_service_stopped_can_be_gone_on_with(browser, database, held, monkeypatch):
    monkeypatch.setattr("moderation.web.batches.pages.AT_ONCE_S", 0)
    monkeypatch.setattr("threading.Thread.start", lambda thread: None)
    batch = draw(browser, high=60)
    judge(browser, batch)
    start(browser, batch)
    assert browser.post(f"{batch}/resume").status_code == 404
    with database.write() as session:
        session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(seconds=1)))
    assert "stopped halfway" in browser.get("/batches").text
    assert "Go on" in browser.get(batch).text

    monkeypatch.setattr("moderation.web.batches.pages.AT_ONCE_S", 60)
    browser.post(f"{batch}/resume", on=batch)

    assert states(database) == [State.PUBLISHED] * 30 + [State.HELD] * 10


def test_ticked_comments_are_decided_together_and_taken_back_together(browser, database, held):
    ticked = [f"{held[place].id}:1" for place in (3, 7)]

    answer = browser.post("/batches/selected", chosen=ticked, action="reject", reason="", back="/")

    page = browser.get(answer.location).text
    assert "Rejected 2 comments." in page
    assert "The blog hears of it in a few seconds." in page
    assert [place for place, state in enumerate(states(database)) if state is State.REJECTED] == [3, 7]
    undo = re.search(r'action="(/batches/[^"]+/undo)"', page)[1]
    browser.post(undo)
    assert set(states(database)) == {State.HELD}
    assert "Selected one by one" in browser.get("/batches").text


def test_ticked_comment_that_somebody_else_decided_is_skipped(browser, colleague, database, held):
    colleague.post(f"/comments/{held[0].id}/decision", action="spam", version=1)

    browser.post("/batches/selected", chosen=[f"{held[0].id}:1", f"{held[1].id}:1"], action="publish")

    assert "Approved 1 comment. 1 was skipped: somebody else was first." in browser.get("/").text
    assert states(database)[:2] == [State.SPAM, State.PUBLISHED]


def test_boxes_stand_on_the_cards_and_select_all_needs_no_script(browser, held):
    page = Tags(browser.get("/").text)
    boxes = [attrs for attrs in page.named("input") if attrs.get("name") == "chosen"]
    assert len(boxes) == 20
    assert {(box["form"], box["data-does"]) for box in boxes} == {("selected", "select")}
    assert not any("checked" in box for box in boxes)

    ticked = Tags(browser.get("/?select=all").text)
    assert all("checked" in attrs for attrs in ticked.named("input") if attrs.get("name") == "chosen")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"action": "publish"}, "Select some comments first."),
        ({"action": "reject", "chosen": "{}", "reason": "no_such"}, "not on the site"),
    ],
)
def test_what_is_wrong_with_a_selection_is_said(browser, database, held, fields, says):
    fields = {name: value.replace("{}", f"{held[0].id}:1") for name, value in fields.items()}

    browser.post("/batches/selected", **fields)

    assert says in browser.get("/").text
    assert set(states(database)) == {State.HELD}


@pytest.mark.parametrize("chosen", ["x", "1:1", "00000000-0000-0000-0000-000000000000:x"])
def test_forged_selection_is_refused(browser, held, chosen):
    assert browser.post("/batches/selected", chosen=chosen, action="publish").status_code == 422


@pytest.fixture
def spammer(database, site):
    with database.write() as session:
        author = Author(site_id=site.id, external_id="id:spam", name="Buy <b>Cheap</b>")
        session.add(author)
        session.flush()
        for action in (Action.HOLD, Action.HOLD, Action.PUBLISH):
            make_comment(session, site, author_id=author.id, action=action, risk=0.9)
        make_comment(session, site, risk=0.1)
        return author


@pytest.mark.parametrize(("what", "count"), [("held", 2), ("published", 1), ("held-and-published", 3)])
def test_all_of_an_author_are_counted_and_shown_before_they_are_rejected(browser, database, spammer, what, count):
    answer = browser.post(f"/authors/{spammer.id}/batch", what=what, action="spam")
    page = browser.get(answer.location).text
    assert f"Mark {count} comment" in page
    assert "Buy &lt;b&gt;Cheap" in page
    assert State.SPAM not in states(database)

    start(browser, answer.location)

    assert states(database).count(State.SPAM) == count
    assert states(database)[0] is State.HELD
    assert "all by Buy" in browser.get("/batches").text


def test_comment_of_an_author_that_is_marked_fine_is_left_out_at_once(browser, database, spammer):
    batch = browser.post(f"/authors/{spammer.id}/batch", what="held", action="reject").location
    name = re.search(r'name="(v-[^"]+)"', browser.get(batch).text)[1]

    page = start(browser, batch, **{name: "fine"})

    assert "Left out, as the sample showed1" in page
    assert states(database).count(State.REJECTED) == 1


def test_viewer_sees_the_log_but_decides_nothing(viewer, browser, database, held, spammer):
    batch = draw(browser, high=40)
    judge(browser, batch)
    assert viewer.get(batch).status_code == 404  # what was only drawn is its moderator's alone
    start(browser, batch)

    assert "you may look, but not decide" in viewer.get("/held/batch").text
    assert viewer.get(batch).status_code == 200
    for form in ('/undo"', 'name="chosen"'):
        assert form not in viewer.get(batch).text + viewer.get("/batches").text + viewer.get("/").text
    refused = [
        viewer.post("/held/batch", **{"from": 0, "to": 80, "action": "publish"}),
        viewer.post(f"{batch}/undo"),
        viewer.post(f"{batch}/sample"),
        viewer.post(f"{batch}/start"),
        viewer.post(f"{batch}/resume"),
        viewer.post(f"/authors/{spammer.id}/batch", what="held", action="reject"),
        viewer.post("/batches/selected", chosen=f"{held[30].id}:1", action="reject"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7


def test_people_of_another_site_see_and_do_nothing(app, browser, database, other_site, held, spammer):
    batch = draw(browser, high=40)
    judge(browser, batch)
    start(browser, batch)
    with database.write() as session:
        olga = make_moderator(session, other_site, email="olga@example.org", name="Olga", role=Role.OWNER)
    stranger = sign_in_as(app, database, olga)
    before = states(database)

    assert "Approved" not in stranger.get("/batches").text
    assert stranger.get(batch).status_code == 404
    for path in ("undo", "start", "sample", "resume"):
        assert stranger.post(f"{batch}/{path}").status_code == 404
    assert stranger.post(f"/authors/{spammer.id}/batch", what="held", action="reject").status_code == 404
    stranger.post("/batches/selected", chosen=f"{held[30].id}:1", action="reject")
    assert states(database) == before


def test_batch_is_of_one_site_even_for_somebody_with_two(app, database, site, other_site, held, mona):
    with database.write() as session:
        foreign = make_comment(session, other_site, risk=0.01)
        both = make_moderator(session, site, other_site, email="bo@example.org", name="Bo")
    browser = sign_in_as(app, database, both)
    page = browser.get("/held/batch").text
    assert "Harbour" in page

    batch = draw(browser, path=f"/held/batch?site={site.id}", high=40)
    judge(browser, batch)
    start(browser, batch)

    with database.read() as session:
        assert session.get_one(Comment, foreign.id).state is State.HELD
    ticked = [f"{foreign.id}:1", f"{held[39].id}:1"]
    browser.post("/batches/selected", chosen=ticked, action="publish")
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 3
        assert session.get_one(Comment, foreign.id).state is State.PUBLISHED


def test_log_has_pages(browser, database, held, monkeypatch):
    monkeypatch.setattr("moderation.web.batches.pages.PAGE_SIZE", 2)
    for comment in held[:3]:
        browser.post("/batches/selected", chosen=f"{comment.id}:1", action="publish")
    first = browser.get("/batches").text

    following = re.search(r'rel="next" href="([^"]+)"', first)[1]

    assert first.count("Selected one by one") == 2
    assert browser.get(following.replace("&amp;", "&")).text.count("Selected one by one") == 1


def test_unknown_batch_is_not_found(browser):
    assert browser.get(f"/batches/{uuid.uuid4()}").status_code == 404
