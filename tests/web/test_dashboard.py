import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from moderation import erasure, intake, reports
from moderation.domain.comment import Action, Actor, Article, Author, Parent, State
from moderation.domain.errors import InvalidRequest
from moderation.recording import record
from moderation.storage import comments
from moderation.storage.tables import Comment, DeliveryAttempt, Event, EventState
from moderation.storage.types import utc_now, uuid7
from moderation.web import cursors
from moderation.web.card.cards import web_address
from moderation.web.dashboard.keys import KEYS
from tests.factories import NOW, make_comment, make_moderator, make_submission, mark_reported
from tests.web.conftest import Tags, decide, sign_in_as, token_of


@pytest.fixture
def held(database, site):
    with database.write() as session:
        return make_comment(session, site, text="A bad thing to say.", author_name="Ann")


@pytest.fixture
def scorer(app):
    return app.extensions["moderation"].scorer


def state_of(database, comment):
    with database.read() as session:
        return session.get_one(Comment, comment.id).state


def latest(database, comment):
    with database.read() as session:
        return comments.latest_decision(session, session.get_one(Comment, comment.id))


def cards_on(page):
    return [attrs["id"] for attrs in Tags(page).named("article")]


# The queue


def test_an_empty_queue_says_so(browser):
    page = browser.get("/").text

    assert "Nothing is waiting for a decision" in page
    assert "Many at once" not in page


def test_an_address_that_leads_nowhere_says_what_may_have_happened(browser):
    answer = browser.get("/decidet")

    assert answer.status_code == 404
    assert "Perhaps the address was cut off" in answer.text


def test_the_highest_risk_comes_first_and_then_who_waits_longest(browser, database, site):
    with database.write() as session:
        made = [make_comment(session, site, risk=risk) for risk in (0.6, 0.9, 0.6)]

    assert cards_on(browser.get("/").text) == [f"c-{made[number].id}" for number in (1, 0, 2)]


def test_only_held_comments_wait(browser, database, site):
    with database.write() as session:
        for action in (Action.PUBLISH, Action.REJECT, Action.SPAM):
            make_comment(session, site, action=action)

    assert cards_on(browser.get("/").text) == []


def test_a_card_says_what_a_moderator_needs(browser, database, site, scorer):
    article = Article("17", "https://blog.example/a", "The long winter")
    sent = make_submission(
        text="A bad thing.\n\n  Indented.",
        article=article,
        author=Author(id="u1", name="Ann"),
        parent=Parent("1", "What it answers"),
    )
    intake.submit(database, scorer, site, [sent], now=utc_now() - timedelta(hours=2))

    page = browser.get("/").text

    tags = Tags(page)
    link = next(attrs for attrs in tags.named("a") if attrs["href"] == article.url)
    assert set(link["rel"].split()) == {"noreferrer", "nofollow"}  # noreferrer is noopener, too
    assert all(words in tags.text for words in ("The long winter", "Ann", "2 hours ago", "What it answers"))
    assert "Insults somebody (probability 90" in tags.text
    assert "From the quick reader" in tags.text
    assert "\n\n  Indented.</p>" in page
    assert "edited" not in tags.text
    assert "Garden" not in tags.text


def test_the_words_that_raised_the_score_are_marked_and_named(browser, database, site, scorer):
    intake.submit(database, scorer, site, [make_submission(text="A <bad> thing")], now=NOW)

    page = browser.get("/").text

    assert 'title="Raised the score: rude">bad<span class="spoken"> (rude)</span></mark>&gt; thing' in page


def test_an_edited_comment_shows_its_new_text_only_and_says_so(browser, database, site, scorer):
    for text in ("The first bad words", "The second bad words"):
        intake.submit(database, scorer, site, [make_submission(id="1", text=text)], now=utc_now())

    page = browser.get("/").text

    assert "edited" in Tags(page).text
    assert "The second" in page
    assert "The first" not in page


def test_with_several_sites_each_card_names_its_own(app, database, site, other_site):
    with database.write() as session:
        make_comment(session, site)
        make_comment(session, other_site)
        both = make_moderator(session, site, other_site)

    text = Tags(sign_in_as(app, database, both).get("/").text).text

    assert "Garden" in text
    assert "Harbour" in text


def test_a_long_text_is_cut_in_the_queue_and_whole_on_its_page(browser, database, site):
    with database.write() as session:
        comment = make_comment(session, site, text="word " * 2000 + "end")

    assert "Read all 10,003 characters" in browser.get("/").text
    assert "word end</p>" not in browser.get("/").text
    assert "word end</p>" in browser.get(f"/comments/{comment.id}").text


def test_the_pages_of_the_queue_show_every_comment_once(browser, database, site):
    with database.write() as session:
        made = [make_comment(session, site, risk=risk) for risk in (0.1, 0.1 + 0.2, 0.3) for _ in range(15)]

    seen, path = [], "/"
    while path:
        tags = Tags(browser.get(path).text)
        seen += [attrs["id"] for attrs in tags.named("article")]
        path = next((attrs["href"] for attrs in tags.named("a") if attrs.get("rel") == "next"), None)

    assert len(seen) == len(set(seen)) == len(made)


def test_the_first_page_stays_small(browser, database, site, scorer):
    article = Article("17", "https://blog.example/a", "A headline of a usual length for a blog")
    for number in range(25):
        text = f"{number} An article like this is a bad joke. " * 10
        sent = make_submission(text=text, article=article, author=Author(name="Ann"))
        intake.submit(database, scorer, site, [sent], now=utc_now())

    page = browser.get("/")
    assert len(cards_on(page.text)) == 20
    tags, as_browsers_do = Tags(page.text), {"Accept-Encoding": "gzip, deflate, br"}
    parts = [attrs["href"] for attrs in tags.named("link")] + [attrs["src"] for attrs in tags.named("script")]
    sizes = []
    for path in ("/", *parts):
        with browser.get(path, headers=as_browsers_do) as sent:
            sizes.append(len(sent.get_data()))
    assert len(sizes) >= 4
    assert sum(sizes) < 60_000


@pytest.mark.parametrize("cursor", ["x", "!!!!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "Ä", "A" * 5000, "%00"])
def test_a_made_up_page_is_refused(browser, cursor):
    assert browser.get(f"/?after={cursor}").status_code == 422


@pytest.mark.parametrize("risk", [float("nan"), float("inf")])
def test_a_page_cannot_begin_at_no_number(risk):
    with pytest.raises(InvalidRequest):
        cursors.read_risk(cursors.of_risk(risk, uuid4()))


def test_navigation_counts_what_waits_up_to_a_bound(browser, database, site):
    with database.write() as session:
        for _ in range(2):
            make_comment(session, site)

    few = Tags(browser.get("/decided").text).text
    with database.write() as session:
        for _ in range(998):
            make_comment(session, site)
    many = Tags(browser.get("/decided").text).text

    assert "Held 2 Reported" in few
    assert "Held 1k+ Reported" in many


# Deciding


@pytest.mark.parametrize(
    ("action", "state", "sentence"),
    [
        ("publish", State.PUBLISHED, "Approved the comment by Ann ."),
        ("reject", State.REJECTED, "Rejected the comment by Ann ."),
        ("spam", State.SPAM, "Marked the comment by Ann as spam."),
    ],
)
def test_a_button_decides_and_the_next_page_says_so_once(browser, database, held, action, state, sentence):
    answer = decide(browser, held, action)

    assert (answer.status_code, answer.location) == (303, "/")
    assert state_of(database, held) is state
    assert sentence.replace(" .", ".") in Tags(browser.get("/").text).text
    assert "the comment by" not in Tags(browser.get("/").text).text


def test_after_a_decision_the_next_card_is_in_view(browser, database, site):
    with database.write() as session:
        first, second = make_comment(session, site, risk=0.9), make_comment(session, site, risk=0.8)

    fields = Tags(browser.get("/").text).named("input")
    backs = [attrs["value"] for attrs in fields if attrs.get("name") == "back"]

    assert backs[:2] == [f"/#c-{second.id}", "/#list"]
    assert decide(browser, first, back=backs[0]).location == f"/#c-{second.id}"


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "\\\\evil.example"])
def test_after_a_decision_nobody_is_sent_elsewhere(browser, held, back):
    assert decide(browser, held, back=back).location == "/"


@pytest.mark.parametrize(
    ("action", "version"),
    [("hold", 1), ("erase", 1), ("", 1), ("publish", ""), ("publish", "x"), ("publish", "9" * 5000)],
)
def test_a_form_without_a_known_decision_is_refused(browser, database, held, action, version):
    assert decide(browser, held, action, version=version).status_code == 422
    assert state_of(database, held) is State.HELD


def test_without_the_forms_token_nothing_is_decided(browser, database, held):
    answer = decide(browser, held, token="")

    assert answer.status_code == 400
    assert state_of(database, held) is State.HELD


def test_a_token_of_another_session_decides_nothing(browser, colleague, database, held):
    theirs = token_of(colleague.get("/").text)

    assert decide(browser, held, token=theirs).status_code == 400
    assert state_of(database, held) is State.HELD


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_cannot_decide_even_with_a_token(browser, database, held, headers):
    data = {"csrf_token": token_of(browser.get("/").text), "action": "publish", "version": 1}

    answer = browser.client.post(f"/comments/{held.id}/decision", data=data, headers=headers)

    assert answer.status_code == 403
    assert state_of(database, held) is State.HELD


def test_a_decision_needs_a_sign_in(client, database, held):
    answer = client.post(f"/comments/{held.id}/decision", data={"action": "publish", "version": 1})

    assert answer.location.startswith("/sign-in")
    assert state_of(database, held) is State.HELD


def test_a_viewer_sees_the_queue_and_no_buttons(viewer, held):
    page = viewer.get("/").text

    assert cards_on(page) == [f"c-{held.id}"]
    assert 'name="action"' not in page


def test_a_viewer_cannot_decide(viewer, database, held):
    answer = decide(viewer, held)

    assert answer.status_code == 403
    assert state_of(database, held) is State.HELD


@pytest.mark.parametrize("path", ["/comments/{}", "/comments/not-a-uuid", f"/comments/{uuid4()}"])
def test_another_sites_comment_is_not_there(browser, database, other_site, path):
    with database.write() as session:
        theirs = make_comment(session, other_site)

    assert browser.get(path.format(theirs.id)).status_code == 404


def test_another_sites_comment_cannot_be_decided_or_undone_or_replayed(browser, database, other_site):
    with database.write() as session:
        theirs = make_comment(session, other_site)
        stranger = make_moderator(session, other_site, email="otto@example.org", name="Otto")
        decision = record_by(session, other_site, theirs, stranger)
        event = session.scalars(sa.select(Event)).first()

    assert decide(browser, theirs, version=2).status_code == 404
    assert browser.post(f"/decisions/{decision.id}/undo").status_code == 404
    assert browser.post(f"/deliveries/{event.id}/replay").status_code == 404
    assert state_of(database, theirs) is State.REJECTED


def record_by(session, site, comment, moderator, action=Action.REJECT):
    return record(
        session,
        site,
        comment,
        action,
        actor=Actor.MODERATOR,
        moderator_id=moderator.id,
        receipt={"reasons": []},
        now=utc_now(),
        article=None,
    )


@pytest.mark.parametrize("path", ["/", "/reported", "/decided", "/deliveries"])
def test_no_list_shows_another_site(browser, database, other_site, path):
    with database.write() as session:
        theirs = make_comment(session, other_site, text="Their secret text", author_name="Somebody else")
        reported = make_comment(session, other_site, action=Action.PUBLISH, text="Their secret text")
        mark_reported(session, reported)
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto")
        record_by(session, other_site, theirs, otto)

    page = browser.get(path)

    assert page.status_code == 200
    assert "Their secret" not in page.text
    assert "Otto" not in page.text
    assert "/comments/" not in page.text


# Two moderators on one comment


def test_who_comes_second_is_told_who_decided_and_what(browser, colleague, database, held):
    decide(browser, held, "reject")

    answer = decide(colleague, held, "publish")

    assert answer.status_code == 409
    assert "Mona decided first: rejected" in answer.text
    assert cards_on(answer.text) == [f"c-{held.id}"]
    assert f'href="/comments/{held.id}"' in answer.text
    assert state_of(database, held) is State.REJECTED


def test_a_second_click_of_ones_own_is_told_apart(browser, held):
    decide(browser, held)

    assert "You had decided this one already: rejected" in decide(browser, held).text


def test_a_comment_that_was_edited_meanwhile_is_not_decided_unseen(browser, database, site, scorer):
    for text in ("First bad text", "Second bad text"):
        intake.submit(database, scorer, site, [make_submission(id="1", text=text)], now=utc_now())
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()

    answer = decide(browser, comment, "publish", version=1)

    assert answer.status_code == 409
    assert "The comment has changed since you saw it: held" in answer.text
    assert "Second bad text" in Tags(answer.text).text.replace(" (rude)", "")
    assert cards_on(answer.text) == [f"c-{comment.id}"]


def test_of_two_decisions_at_once_one_wins_and_the_other_is_told(browser, colleague, database, held):
    forms = [
        (browser, "publish", token_of(browser.get("/").text)),
        (colleague, "spam", token_of(colleague.get("/").text)),
    ]
    start, answers = threading.Barrier(2), {}

    def press(who, action, token):
        start.wait()
        answers[action] = decide(who, held, action, token=token)

    threads = [threading.Thread(target=press, args=form) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    winner = next(action for action, answer in answers.items() if answer.status_code == 303)
    name, state = {"publish": ("Mona", State.PUBLISHED), "spam": ("Nils", State.SPAM)}[winner]
    assert state_of(database, held) is state
    assert f"{name} decided first" in next(a.text for a in answers.values() if a.status_code == 409)


# Undo


def test_undo_brings_the_comment_back_before_the_blog_hears_of_it(browser, database, held):
    decide(browser, held, "reject")

    answer = browser.post(f"/decisions/{latest(database, held).id}/undo", back="/decided")

    assert (answer.status_code, answer.location) == (303, "/decided")
    assert state_of(database, held) is State.HELD
    assert "Taken back: the comment by Ann is held again." in Tags(browser.get("/").text).text
    with database.read() as session:
        types = session.scalars(sa.select(Event.type).order_by(Event.id)).all()
    assert types == ["comment.held"]


def test_the_notice_of_a_decision_has_an_undo(browser, database, held):
    decide(browser, held)

    forms = [attrs["action"] for attrs in Tags(browser.get("/").text).named("form")]

    assert f"/decisions/{latest(database, held).id}/undo" in forms


def test_what_somebody_decided_since_is_not_undone(browser, colleague, database, held):
    decide(browser, held, "reject")
    undone = latest(database, held)
    decide(colleague, held, "publish", version=2)

    answer = browser.post(f"/decisions/{undone.id}/undo")

    assert answer.status_code == 409
    assert "Nils decided first: published" in answer.text
    assert state_of(database, held) is State.PUBLISHED


def test_a_decision_of_the_machine_cannot_be_undone(browser, database, held):
    assert browser.post(f"/decisions/{latest(database, held).id}/undo").status_code == 404


def test_a_viewer_cannot_undo(browser, viewer, database, held):
    decide(browser, held)

    assert viewer.post(f"/decisions/{latest(database, held).id}/undo").status_code == 403
    assert state_of(database, held) is State.REJECTED


def test_decided_offers_undo_only_where_nothing_followed(browser, database, held):
    decide(browser, held, "reject")
    decide(browser, held, "publish", version=2)

    page = browser.get("/decided").text

    rows = [attrs["id"] for attrs in Tags(page).named("li") if attrs.get("id")]
    assert rows[0] == f"d-{latest(database, held).id}"
    assert len(rows) == 2
    assert page.split("<h1")[1].count("/undo") == 1


def test_a_viewer_sees_decisions_without_undo(browser, viewer, held):
    decide(browser, held)

    page = viewer.get("/decided").text

    assert "Mona rejected it" in Tags(page).text
    assert "/undo" not in page


# One comment


def test_a_comments_page_tells_its_history(browser, colleague, database, held):
    decide(browser, held, "reject")
    colleague.post(f"/decisions/{latest(database, held).id}/undo")

    text = Tags(browser.get(f"/comments/{held.id}").text).text

    order = [text.index(words) for words in ("Nils took a decision back", "Mona rejected it", "The policy held it")]
    assert order == sorted(order)
    assert "Model fake-1 · policy version 1 · text version 1" in text


def test_the_marks_stay_after_a_person_decided(browser, database, site, scorer):
    intake.submit(database, scorer, site, [make_submission(id="1", text="A bad thing")], now=NOW)
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()
    decide(browser, comment)

    page = browser.get(f"/comments/{comment.id}").text

    assert '<mark class="scored"' in page
    assert "Mona rejected it" in Tags(page).text


def test_a_decided_comment_can_be_decided_differently(browser, database, held):
    decide(browser, held, "reject")

    values = [
        attrs["value"] for attrs in Tags(browser.get(f"/comments/{held.id}").text).named("button") if "value" in attrs
    ]

    assert values == ["publish", "spam"]
    assert decide(browser, held, "publish", version=2).status_code == 303
    assert state_of(database, held) is State.PUBLISHED


def test_earlier_texts_are_not_shown(browser, database, site, scorer):
    for text in ("The first bad words", "The second bad words"):
        intake.submit(database, scorer, site, [make_submission(id="1", text=text)], now=NOW)
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()

    assert "The first" not in browser.get(f"/comments/{comment.id}").text


def test_an_erased_comment_has_a_page_without_text_or_buttons(browser, database, site, held):
    decide(browser, held)
    erasure.erase(database, site, held.external_id, now=utc_now())

    page = browser.get(f"/comments/{held.id}").text

    assert "The text was erased" in page
    assert 'name="action"' not in page
    assert "A bad thing" not in page + browser.get("/decided").text


# Reports


@pytest.fixture
def reported(database, site):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.PUBLISH, text="Fine, I think", author_name="Pia")
    for reason in ("<b>Rude</b>", ""):
        reports.report(database, site, comment.external_id, reporter=None, reason=reason, now=NOW)
    return comment


def test_reported_comments_show_what_readers_said(browser, reported):
    page = browser.get("/reported").text

    assert "2 readers reported it" in Tags(page).text
    assert "&lt;b&gt;Rude&lt;/b&gt;" in page
    assert "no reason given" in page


def test_keeping_a_reported_comment_closes_its_reports(browser, database, reported):
    assert ">Keep<" in browser.get("/reported").text

    answer = decide(browser, reported, "publish", on="/reported", back="/reported")

    assert answer.location == "/reported"
    page = Tags(browser.get("/reported").text).text
    assert "Kept the comment by Pia." in page
    assert "No reader has reported" in page
    assert state_of(database, reported) is State.PUBLISHED


def test_a_reported_comment_can_be_rejected(browser, database, reported):
    decide(browser, reported, "reject", on="/reported")

    assert state_of(database, reported) is State.REJECTED


def test_undoing_a_keep_opens_the_reports_again(browser, database, reported):
    decide(browser, reported, "publish", on="/reported")

    browser.post(f"/decisions/{latest(database, reported).id}/undo", on="/decided")

    assert "2 readers reported it" in Tags(browser.get("/reported").text).text


# Deliveries


@pytest.fixture
def failed(database, site, held):
    with database.write() as session:
        event = session.scalars(sa.select(Event)).one()
        event.state, event.attempts, event.last_error = EventState.FAILED, 2, "answered <i>503</i>"
        for number in (1, 2):
            session.add(
                DeliveryAttempt(
                    id=uuid7(), event_id=event.id, number=number, status=503, duration_ms=5_010, created_at=NOW
                )
            )
        return event


def test_an_undelivered_event_is_shown_with_its_attempts(browser, failed, held):
    page = browser.get("/deliveries").text

    text = Tags(page).text
    assert f"comment.held for comment {held.external_id}" in text
    assert "2 attempts" in text
    assert text.count("answered 503 5 seconds") == 2
    assert "answered &lt;i&gt;503" in page


def test_a_replay_makes_the_event_due_again(browser, database, failed):
    answer = browser.post(f"/deliveries/{failed.id}/replay", on="/deliveries", back="/deliveries")

    assert answer.location == "/deliveries"
    with database.read() as session:
        event = session.get_one(Event, failed.id)
    assert (event.state, event.attempts) == (EventState.PENDING, 0)
    page = Tags(browser.get("/deliveries").text).text
    assert "The event will be sent again now." in page
    assert "Everything has arrived." in page


def test_a_second_replay_says_that_it_is_on_its_way(browser, failed):
    token = token_of(browser.get("/deliveries").text)
    for _ in range(2):
        browser.post(f"/deliveries/{failed.id}/replay", token=token)

    assert "on its way already" in browser.get("/deliveries").text


def test_a_viewer_cannot_replay(viewer, database, failed):
    assert "Replay" not in viewer.get("/deliveries").text
    assert viewer.post(f"/deliveries/{failed.id}/replay").status_code == 403
    with database.read() as session:
        assert session.get_one(Event, failed.id).state is EventState.FAILED


@pytest.mark.parametrize("path", ["/reported", "/decided", "/deliveries"])
def test_every_list_has_pages_without_repeats(browser, database, site, mona, path):
    with database.write() as session:
        for _ in range(45):
            comment = make_comment(session, site, action=Action.PUBLISH)
            record_by(session, site, comment, mona, Action.PUBLISH)
            mark_reported(session, comment)
        session.execute(sa.update(Event).values(state=EventState.FAILED))

    seen, following = [], path
    while following:
        tags = Tags(browser.get(following).text)
        seen += [attrs["id"] for _, attrs in tags.found if attrs.get("class", "").startswith("card")]
        following = next((attrs["href"] for attrs in tags.named("a") if attrs.get("rel") == "next"), None)

    assert len(seen) == len(set(seen))
    assert len(seen) >= 45


# Small things


def test_the_help_lists_every_key_and_every_key_has_something_to_do(browser, held):
    tags = Tags(browser.get("/").text)

    listed = [(attrs["data-key"], attrs["data-does"]) for attrs in tags.named("kbd")]
    here = {attrs["data-does"] for name, attrs in tags.found if "data-does" in attrs and name != "kbd"}

    assert listed == [(key.key, key.does) for key in KEYS]
    assert {"publish", "reject", "spam", "escalate", "skip", "open", "words", "queue-held", "queue-spam"} <= here


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://blog.example/a", "https://blog.example/a"),
        ("http://blog.example", "http://blog.example"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt://blog.example/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("https://", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url, shown):
    assert web_address(url) == shown


# What a card says of a score, and of those who decided before


def test_the_card_says_how_many_of_ten_people_would_agree_and_who_says_so(browser, database, site, scorer):
    intake.submit(database, scorer, site, [make_submission(text="A bad thing")], now=utc_now())

    text = Tags(browser.get("/").text).text

    assert "About 9 in 10 people would call this rude." in text
    assert "From the quick reader" in text


def test_a_card_whose_comment_was_edited_says_who_had_decided_before(browser, database, site, scorer):
    intake.submit(database, scorer, site, [make_submission(id="1", text="A bad thing")], now=utc_now())
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()
    decide(browser, comment, "publish")
    assert "Decided before" not in browser.get("/published").text
    intake.submit(database, scorer, site, [make_submission(id="1", text="Another bad thing")], now=utc_now())

    assert "Decided before Mona published it just now" in Tags(browser.get("/").text).spaced


def test_an_address_is_no_link_and_says_where_it_leads(browser, database, site):
    with database.write() as session:
        make_comment(session, site, text="https://bank.example@evil.example/x")

    page = browser.get("/").text

    assert '<bdi class="badge">leads to evil.example</bdi>' in page
    assert "evil.example" not in "".join(attrs["href"] for attrs in Tags(page).named("a"))
