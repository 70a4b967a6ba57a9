"""A moderator's own account: sign-ins, password, two-step sign-in, and the code that sign-in then asks for."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import segno
import structlog

from moderation import second_factor
from moderation.passwords import password_fits
from moderation.storage import moderators
from moderation.storage.secrets import decrypt
from moderation.storage.tables import Moderator, ModeratorSession
from moderation.storage.types import utc_now
from moderation.web.throttle import CodeThrottle
from tests.factories import SECRET_KEY, make_moderator
from tests.web.conftest import PASSWORD, Browser, Tags, sign_in_as, token_of

NEW = "another pass phrase for tests"


def reload(database, moderator):
    with database.read() as session:
        return session.get_one(Moderator, moderator.id)


def sessions(database):
    with database.read() as session:
        return session.query(ModeratorSession).count()


def code_now(database, moderator, *, steps=0):
    secret = decrypt(reload(database, moderator).totp_secret, SECRET_KEY)
    return second_factor.code_at(secret, int(utc_now().timestamp()) // 30 + steps)


def post(browser, path, **fields):
    return browser.post(f"/account{path}", on="/account", **fields)


def switch_on(browser, database, moderator):
    """Through the pages: the recovery codes."""
    assert post(browser, "/two-step/begin", password=PASSWORD).status_code == 200
    for _ in range(2):  # half a minute may end between the code and its answer
        page = post(browser, "/two-step/confirm", code=code_now(database, moderator, steps=-1))
        if page.status_code == 200:
            break
    assert page.status_code == 200
    return re.findall(r"<li>([0-9a-f]{10}-[0-9a-f]{10})</li>", page.text)


def with_password(client, **fields):
    token = token_of(client.get("/sign-in").text)
    return client.post(
        "/sign-in", data={"csrf_token": token, "email": "mod@example.org", "password": PASSWORD, **fields}
    )


def with_code(client, code, **fields):
    token = token_of(client.get("/sign-in/code").text)
    return client.post("/sign-in/code", data={"csrf_token": token, "code": code, **fields})


@pytest.fixture
def two_step(browser, database, mona):
    return switch_on(browser, database, mona)


def test_sign_ins_are_listed_with_their_browsers_as_text(app, database, mona, browser):
    with database.write() as session:
        moderators.open_session(session, mona, utc_now(), user_agent='<script>alert(1)</script>"x')

    page = browser.get("/account").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert Tags(page).text.count("this browser") == 1


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/19.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on macOS",
        ),
        ("a script of ours/2.0", "a script of ours/2.0"),
    ],
)
def test_a_browser_is_called_what_a_person_calls_it(app, database, mona, browser, sent, name):
    with database.write() as session:
        moderators.open_session(session, mona, utc_now(), user_agent=sent)

    assert f"<bdi>{name}</bdi>" in browser.get("/account").text


def test_one_sign_in_is_ended_and_no_other(app, database, mona, browser):
    elsewhere = sign_in_as(app, database, mona)
    third = sign_in_as(app, database, mona)
    page = elsewhere.get("/account").text
    mine = set(re.findall(r"/account/sessions/([0-9a-f]{64})/end", page))
    others = set(re.findall(r"/account/sessions/([0-9a-f]{64})/end", browser.get("/account").text))
    (name,) = others - mine  # the sign-in of `elsewhere`: it does not list itself

    assert post(browser, f"/sessions/{name}/end").status_code == 303

    assert elsewhere.get("/").status_code == 303
    assert browser.get("/").status_code == third.get("/").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else(app, database, site, browser, colleague):
    sign_in_as(app, database, make_and_join(database, site))
    with database.read() as session:
        names = [row.token_sha256.hex() for row in session.query(ModeratorSession)]
    mine = re.findall(r"/account/sessions/([0-9a-f]{64})/end", browser.get("/account").text)

    answers = {post(browser, f"/sessions/{name}/end").status_code for name in [*names[1:], "zz", "00"]}

    assert mine == []
    assert answers == {404}
    assert colleague.get("/").status_code == 200


def make_and_join(database, site):
    with database.write() as session:
        return make_moderator(session, site, email="third@example.org")


def test_all_other_sign_ins_end_at_once(app, database, mona, browser, colleague):
    sign_in_as(app, database, mona)

    post(browser, "/sessions/end-others")

    assert sessions(database) == 2  # this one, and the colleague's
    assert browser.get("/").status_code == colleague.get("/").status_code == 200


def test_a_new_password_ends_every_other_sign_in(app, database, mona, browser):
    elsewhere = sign_in_as(app, database, mona)

    answer = post(browser, "/password", password=PASSWORD, new=NEW, again=NEW)

    assert answer.status_code == 303
    assert password_fits(reload(database, mona).password_hash, NEW)
    assert (browser.get("/").status_code, elsewhere.get("/").status_code) == (200, 303)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password": "wrong", "new": NEW, "again": NEW}, "not your present password"),
        ({"password": PASSWORD, "new": NEW, "again": NEW + "x"}, "not the same"),
        ({"password": PASSWORD, "new": "short", "again": "short"}, "12 to 1024"),
        ({"password": PASSWORD}, "12 to 1024"),
    ],
)
def test_a_password_is_not_changed_by_a_form_that_is_wrong(browser, database, mona, fields, sentence):
    answer = post(browser, "/password", **fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert password_fits(reload(database, mona).password_hash, PASSWORD)


def test_the_present_password_cannot_be_guessed_from_an_open_browser(browser, monkeypatch):
    monkeypatch.setattr("moderation.web.account.pages.password_fits", lambda stored, password: False)

    answers = [post(browser, "/password", password="x", new=NEW, again=NEW).status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]


def test_two_step_sign_in_is_switched_on_with_a_first_code(browser, database, mona):
    codes = switch_on(browser, database, mona)

    assert len(set(codes)) == 10
    assert second_factor.is_on(reload(database, mona))
    assert "10 recovery codes left" in browser.get("/account").text
    assert not any(code in browser.get("/account").text for code in codes)


def test_the_picture_to_scan_says_what_is_to_be_typed(browser, database, mona, capsys):
    answer = post(browser, "/two-step/begin", password=PASSWORD)

    page, typed = Tags(answer.text), re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', answer.text)[1].replace(" ", "")
    address = next(link["href"] for link in page.named("a") if link.get("href", "").startswith("otpauth:"))
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/Moderation:{mona.email}"
    assert parse_qs(parts.query) == {"secret": [typed], "issuer": ["Moderation"]}
    rows = [list(row) for row in segno.make_qr(address, error="m").matrix]
    drawn = re.search(
        r'<svg class="scan" viewBox="(-4 -4 (\d+) \2)".* aria-label="[^"]+"><path d="([^"]+)"', answer.text
    )
    dark = [tuple(map(int, place)) for place in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn[3])]
    assert int(drawn[2]) == len(rows) + 8
    assert dark == [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    assert drawn[3] == "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)
    assert answer.headers["Cache-Control"] == "no-store"
    assert typed not in "".join(capsys.readouterr())


def test_without_the_password_nobody_sets_it_up(browser, database, mona):
    assert post(browser, "/two-step/begin", password="wrong").status_code == 422
    assert reload(database, mona).totp_secret is None


def test_a_wrong_first_code_leaves_it_off_and_shows_the_same_key(browser, database, mona):
    first = post(browser, "/two-step/begin", password=PASSWORD).text

    answer = post(browser, "/two-step/confirm", code="000000")

    key = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', first)[1]
    assert answer.status_code == 422
    assert key in answer.text
    assert not second_factor.is_on(reload(database, mona))


def test_sign_in_then_asks_for_a_code(app, database, mona, two_step):
    client = app.test_client()

    first = with_password(client, next="/reported")
    assert first.location == "/sign-in/code?next=/reported"
    assert client.get("/").status_code == 303  # the password alone opens nothing

    answer = with_code(client, code_now(database, mona), next="/reported")
    assert (answer.status_code, answer.location) == (303, "/reported")
    assert client.get("/").status_code == 200


def test_a_recovery_code_is_good_once(app, two_step):
    for code, status in ((two_step[0].upper(), 303), (two_step[0], 401), (two_step[1], 303)):
        client = app.test_client()
        with_password(client)
        assert with_code(client, code).status_code == status


def test_a_code_is_good_once(app, database, mona, two_step):
    code = code_now(database, mona)
    for status in (303, 401):
        client = app.test_client()
        with_password(client)
        assert with_code(client, code).status_code == status


def test_codes_are_throttled_by_account_whatever_the_address(app, database, mona, two_step):
    for number in range(5):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        with_password(client)
        assert with_code(client, "000000").status_code == 401

    answer = with_code(client, code_now(database, mona))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert client.get("/").status_code == 303


def test_signing_in_with_the_password_does_not_take_back_the_count_of_codes():
    throttle = CodeThrottle(per_minute=100, per_hour=30)

    assert [throttle.may_try("mona") for _ in range(31)] == [True] * 30 + [False]
    assert throttle.may_try("nils")
    throttle.succeeded("mona")
    assert throttle.may_try("mona")


def test_without_the_password_there_is_no_page_for_a_code(client, database, mona, browser, two_step):
    token = token_of(client.get("/sign-in").text)

    answer = client.post("/sign-in/code", data={"csrf_token": token, "code": code_now(database, mona)})

    assert answer.location == client.get("/sign-in/code").location == "/sign-in?next=/"
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("change", ["password", "disabled", "late"])
def test_the_first_step_is_forgotten(app, database, mona, two_step, change, monkeypatch):
    client = app.test_client()
    with_password(client)
    token, code = token_of(client.get("/sign-in/code").text), code_now(database, mona)
    with database.write() as session:
        row = session.get_one(Moderator, mona.id)
        if change == "password":
            row.password_hash = "another"
        elif change == "disabled":
            row.disabled_at = utc_now()
    if change == "late":
        monkeypatch.setattr("moderation.web.account.sign_in.TIME_FOR_CODE", moderators.SEEN_RESOLUTION * 0)

    answer = client.post("/sign-in/code", data={"csrf_token": token, "code": code})

    assert answer.location == "/sign-in?next=/"
    assert client.get("/").status_code == 303


def test_nobody_is_sent_to_another_site_after_the_code(app, two_step):
    client = app.test_client()
    assert with_password(client, next="//evil.example").location == "/sign-in/code?next=/"
    assert with_code(client, two_step[0], next="https://evil.example/").location == "/"


def test_it_is_switched_off_with_password_and_code(browser, database, mona, two_step):
    for fields in ({"password": PASSWORD, "code": "000000"}, {"password": "wrong", "code": two_step[0]}):
        assert post(browser, "/two-step/off", **fields).status_code == 422
        assert second_factor.is_on(reload(database, mona))

    assert post(browser, "/two-step/off", password=PASSWORD, code=two_step[0]).status_code == 303

    assert not second_factor.is_on(reload(database, mona))
    assert with_password(Browser(browser.client.application).client).location == "/"


def test_new_recovery_codes_take_the_place_of_the_old(app, browser, two_step):
    page = post(browser, "/two-step/codes", password=PASSWORD, code=two_step[0]).text
    new = re.findall(r"<li>([0-9a-f]{10}-[0-9a-f]{10})</li>", page)

    assert len(new) == 10
    assert not set(new) & set(two_step)
    client = app.test_client()
    with_password(client)
    assert with_code(client, two_step[1]).status_code == 401
    assert with_code(client, new[0]).status_code == 303


def test_no_log_line_holds_a_code_or_a_key(browser, database, mona):
    with structlog.testing.capture_logs() as lines:
        codes = switch_on(browser, database, mona)
        client = browser.client.application.test_client()
        with_password(client)
        with_code(client, "123456")
        with_code(client, codes[0])

    secret = decrypt(reload(database, mona).totp_secret, SECRET_KEY)
    assert {"two_step_on", "sign_in_code_refused", "signed_in"} <= {line["event"] for line in lines}
    assert not any(word in str(lines) for word in [*codes, secret, "123456", PASSWORD])


@pytest.mark.parametrize(
    "path",
    [
        "/password",
        "/sessions/00/end",
        "/sessions/end-others",
        "/two-step/begin",
        "/two-step/confirm",
        "/two-step/codes",
        "/two-step/off",
    ],
)
def test_every_form_needs_a_sign_in_its_token_and_our_own_page(client, browser, path):
    assert browser.client.post(f"/account{path}").status_code == 400
    token = token_of(browser.get("/account").text)
    crossed = browser.client.post(
        f"/account{path}", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    token = token_of(client.get("/sign-in").text)
    assert client.post(f"/account{path}", data={"csrf_token": token}).location == "/sign-in?undone=1"
