import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from moderation.storage import audit, moderators
from moderation.storage.tables import Comment, ModeratorSession
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from tests.factories import make_comment, make_moderator
from tests.web.conftest import PASSWORD, Browser, sign_in_as, token_of


def sign_in(client, *, email="mod@example.org", password=PASSWORD, headers=None, **fields):
    token = token_of(client.get("/sign-in").text)
    return client.post(
        "/sign-in", data={"csrf_token": token, "email": email, "password": password, **fields}, headers=headers
    )


def sessions(database):
    with database.read() as session:
        return session.query(ModeratorSession).all()


@pytest.fixture
def database(sqlite_database):
    """Signing in asks nothing of an engine that the tests of storage do not."""
    return sqlite_database


@pytest.fixture
def hashes(monkeypatch):
    """Passwords checked without argon2: how many, and quickly."""
    checked = []

    def fits(stored, password):
        checked.append(stored)
        return stored is not None and password == PASSWORD

    monkeypatch.setattr("moderation.web.account.sign_in.password_fits", fits)
    return checked


def test_a_moderator_signs_in_with_their_password(client, mona):
    answer = sign_in(client)

    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/").status_code == 200


def test_the_address_may_be_typed_in_any_case(client, mona):
    assert sign_in(client, email=" Mod@Example.org ").status_code == 303


def test_nobody_gets_in_without_signing_in(client):
    answer = client.get("/reported?after=x")

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/reported?after%3Dx")


def test_after_signing_in_the_page_that_was_asked_for_comes(client, mona):
    assert sign_in(client, next="/reported").location == "/reported"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        " /",
        "",
        "/\r\nSet-Cookie: x=1",
    ],
)
def test_nobody_is_sent_to_another_site(client, mona, hashes, elsewhere):
    assert sign_in(client, next=elsewhere).location == "/"


def test_a_wrong_password_is_refused(client, mona):
    answer = sign_in(client, password="wrong")

    assert answer.status_code == 401
    assert client.get("/").status_code == 303


def test_an_unknown_account_and_a_wrong_password_read_the_same(client, mona):
    known = sign_in(client, password="wrong").text
    unknown = sign_in(client, email="mox@example.org").text

    same = re.compile(r'name="csrf_token" value="[^"]+"|mo[dx]@example\.org')
    assert same.sub("", known) == same.sub("", unknown)


def test_a_disabled_moderator_is_refused_like_any_other(client, database, mona):
    disable(database, mona)

    answer = sign_in(client)

    assert answer.status_code == 401
    assert "do not belong together" in answer.text


def test_the_password_of_nobody_is_checked_all_the_same(client, hashes):
    sign_in(client, email="nobody@example.org")

    assert hashes == [None]


def test_after_five_wrong_passwords_the_right_one_has_to_wait(client, mona, hashes):
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 401

    answer = sign_in(client)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Please wait a minute" in answer.text


def test_a_blocked_try_does_not_check_the_password(client, mona, hashes):
    for _ in range(6):
        sign_in(client, password="wrong")

    assert len(hashes) == 5


def test_tries_at_the_same_time_are_all_counted(app, mona, hashes):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: sign_in(app.test_client(), password="wrong").status_code, range(10)))

    assert sorted(answers) == [401] * 5 + [429] * 5


def test_a_success_takes_the_count_back(client, mona):
    for _ in range(3):
        assert [sign_in(client, password="wrong").status_code for _ in range(4)] == [401] * 4
        assert sign_in(client).status_code == 303


def test_a_stranger_cannot_keep_a_moderator_out_from_another_address(app, client, mona, hashes):
    for _ in range(6):
        sign_in(client, password="wrong")

    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert sign_in(elsewhere).status_code == 303


def test_one_address_cannot_try_many_accounts(client, hashes):
    answers = [sign_in(client, email=f"m{number}@example.org").status_code for number in range(21)]

    assert answers == [401] * 20 + [429]


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client, mona):
    cookie = next(line for line in sign_in(client).headers.getlist("Set-Cookie") if line.startswith("moderation="))

    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(settings, database, mona, hashes):
    app = create_app(replace(settings, public_base_url="https://localhost"), database=database, scorer=object())
    client = app.test_client()
    token = token_of(client.get("/sign-in", base_url="https://localhost").text)

    answer = client.post(
        "/sign-in",
        base_url="https://localhost",
        data={"csrf_token": token, "email": "mod@example.org", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "-moderation=" in line)
    assert cookie.startswith("__Host-moderation=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_every_sign_in_makes_a_fresh_token_and_ends_the_old_one(client, database, mona, hashes):
    sign_in(client)
    first = client.get_cookie("moderation").value
    sign_in(client)

    assert client.get_cookie("moderation").value != first
    assert len(sessions(database)) == 1


def test_a_token_that_was_planted_beforehand_is_not_taken_over(client, database, mona, hashes):
    client.set_cookie("moderation", "planted")

    sign_in(client)

    assert client.get_cookie("moderation").value != "planted"


def test_the_form_token_from_before_the_sign_in_is_worth_nothing_after_it(client, mona, hashes):
    old = token_of(client.get("/sign-in").text)
    sign_in(client)

    assert client.post("/sign-out", data={"csrf_token": old}).status_code == 400


def test_signing_out_ends_the_session_on_the_server(browser, database):
    token = browser.client.get_cookie("moderation").value

    answer = browser.post("/sign-out")

    assert answer.location == "/sign-in"
    assert sessions(database) == []
    browser.client.set_cookie("moderation", token)
    assert browser.get("/").status_code == 303


def test_a_session_that_was_ended_elsewhere_is_over(browser, database, mona):
    with database.write() as session:
        moderators.close_sessions(session, mona)

    assert browser.get("/").status_code == 303


def test_a_moderator_who_is_disabled_meanwhile_is_out(browser, database, mona):
    disable(database, mona)

    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    ("created", "seen"),
    [(timedelta(hours=9), timedelta(hours=8, minutes=1)), (timedelta(days=7, minutes=1), timedelta())],
    ids=["idle for eight hours", "seven days old"],
)
def test_an_idle_or_old_session_is_over(app, database, mona, created, seen):
    with database.write() as session:
        token = moderators.open_session(session, mona, utc_now() - created)
        session.flush()
        session.query(ModeratorSession).update({"seen_at": utc_now() - seen})
    browser = Browser(app)
    browser.client.set_cookie("moderation", token)

    assert browser.get("/").status_code == 303


def test_without_the_forms_token_nobody_signs_in(client, mona):
    answer = client.post("/sign-in", data={"email": "mod@example.org", "password": PASSWORD})

    assert answer.status_code == 400
    assert "open for too long" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_on_another_site_is_refused(client, mona, hashes, headers):
    answer = sign_in(client, headers=headers)

    assert answer.status_code == 403
    assert hashes == []


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": "http://localhost"}, {}]
)
def test_our_own_form_is_taken(client, mona, hashes, headers):
    assert sign_in(client, headers=headers).status_code == 303


def test_sign_ins_are_logged_by_id_without_address_or_password(client, mona):
    with structlog.testing.capture_logs() as lines:
        sign_in(client, password="a wrong secret")
        sign_in(client)

    about = [line for line in lines if line["event"].startswith("sign")]
    assert [(line["event"], line["moderator"]) for line in about] == [
        ("sign_in_refused", str(mona.id)),
        ("signed_in", str(mona.id)),
    ]
    assert not re.search(r"example\.org|secret|pass phrase|127\.0\.0\.1", str(lines))


def test_what_was_typed_comes_back_as_text(client):
    page = sign_in(client, email='"><script>alert(1)</script>').text

    assert "<script>alert" not in page


def test_a_page_of_one_moderator_is_not_stored_by_the_browser(browser):
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_a_stranger_of_another_site_sees_none_of_this_one(app, database, site, other_site):
    with database.write() as session:
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto")
    browser = sign_in_as(app, database, otto)

    assert "Nothing is waiting" in browser.get("/").text


def disable(database, moderator):
    with database.write() as session:
        moderator.disabled_at = utc_now()
        session.merge(moderator)


def test_whoever_decides_after_their_session_ended_is_told_that_nothing_was_changed(client, database, site):
    with database.write() as session:
        comment = make_comment(session, site)

    answer = client.post(f"/comments/{comment.id}/decision", data={"action": "reject", "version": 1})

    assert answer.status_code == 303
    assert "nothing was changed" in client.get(answer.location).text
    with database.read() as session:
        assert session.get_one(Comment, comment.id).version == 1


def test_whoever_acted_in_a_request_does_not_act_after_it(browser):
    assert browser.get("/").status_code == 200
    assert audit.acting.get() == audit.Who()
