"""Akismet's protocol: its answers to the byte, what it takes, and what becomes of a comment that comes by it."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from moderation import erasure, policies, review
from moderation.domain.comment import Action, Actor, State
from moderation.scoring import Scorer
from moderation.storage import akismet
from moderation.storage.tables import AkismetCallback, AkismetKey, Author, Comment, Decision, Event, Label
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from moderation.web.dialects.akismet import answers, usage
from tests.factories import NOW, SECRET_KEY, FakeReader
from tests.web.dialects import golden

THANKS = "Thanks for making the web a better place."
BLOG = "https://garden.example"
HEADERS = (
    *("X-akismet-debug-help", "X-akismet-error", "X-akismet-pro-tip", "X-akismet-recheck-after", "X-akismet-guid"),
    *("X-akismet-alert-code", "Retry-After", "Allow"),
)
GOOD = {
    "user_ip": "203.0.113.9",
    "comment_author": "Ann",
    "comment_author_email": "ann@example.org",
    "comment_author_url": "https://ann.example",
    "comment_content": "What a lovely garden.",
    "comment_post_ID": "12",
    "permalink": f"{BLOG}/roses#c1",
    "comment_date_gmt": "2026-11-23 09:00:00",
}
BAD = {**GOOD, "comment_content": "What a bad idea."}


@pytest.fixture
def settings(settings):
    return replace(
        settings, akismet_host_suffix="rest.localhost", trusted_hosts=(*settings.trusted_hosts, ".rest.localhost")
    )


@pytest.fixture
def key(database, site):
    """The site's Akismet key."""
    with database.write() as session:
        return akismet.add_key(session, site, SECRET_KEY, blog=BLOG)


@pytest.fixture
def with_key(database, key):
    """Change what the key's blog can do."""

    def _with_key(**values):
        with database.write() as session:
            session.execute(sa.update(AkismetKey).values(**values))

    return _with_key


@pytest.fixture
def call(client, key):
    def _call(name, fields, version="1.1", **options):
        return client.post(f"/{version}/{name}", data={"api_key": key, "blog": BLOG, **fields}, **options)

    return _call


@pytest.fixture
def stored(database):
    """The comments, oldest first."""

    def _stored():
        with database.read() as session:
            return session.scalars(sa.select(Comment).order_by(Comment.id)).all()

    return _stored


@pytest.mark.parametrize("name", golden.names("akismet"))
def test_answer_is_the_golden_one(client, database, site, key, name, monkeypatch):
    monkeypatch.setattr(usage, "utc_now", lambda: NOW)
    with database.write() as session:
        for field, number in [("spam", 31), ("ham", 89), ("missed_spam", 1)]:
            for _ in range(number):
                akismet.count(session, site.id, "2026-11", field)

    def ids(answer):
        account = [str(answer.json["account_id"])] if "account_id" in answer.text else []
        return account + [answer.headers[name] for name in ("X-akismet-guid",) if name in answer.headers]

    golden.compare(client, "akismet", name, key, headers=HEADERS, ids=ids)


def test_comment_is_one_of_the_site_in_the_queue_of_all_others(call, stored, database, site):
    answer = call("comment-check", BAD)

    [comment] = stored()
    assert (answer.text, answer.headers["X-akismet-guid"]) == ("true", comment.id.hex)
    assert (comment.site_id, comment.state, comment.text) == (site.id, State.HELD, "What a bad idea.")
    assert (comment.author_name, comment.author_ip) == ("Ann", "203.0.113.9")
    assert (comment.permalink, str(comment.posted_at)) == (f"{BLOG}/roses#c1", "2026-11-23 09:00:00+00:00")
    with database.read() as session:
        author = session.scalars(sa.select(Author)).one()
        assert (author.email, author.url) == ("ann@example.org", "https://ann.example")
        assert session.scalars(sa.select(Event.type)).all() == ["comment.held"]


def test_same_comment_again_is_the_same(call, stored):
    first = call("comment-check", BAD)
    again = call("comment-check", {**BAD, "recheck_reason": "recheck_queue", "user_ip": "203.0.113.77"}, version="1.2")
    assert first.headers["X-akismet-guid"] == again.headers["X-akismet-guid"]
    assert len(stored()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"comment_content": "What a bad plan."},
        {"comment_post_ID": "13"},
        {"comment_author_email": "bob@example.org"},
        {"comment_parent": "7"},
    ],
)
def test_another_text_page_person_or_parent_is_another_comment(call, stored, other):
    call("comment-check", BAD)
    call("comment-check", {**BAD, **other})
    assert len(stored()) == 2


def test_answer_follows_what_a_moderator_decided(call, stored, database, site, mona):
    assert call("comment-check", BAD).text == "true"
    [comment] = stored()
    review.decide(
        database,
        moderator=mona,
        site_ids=[site.id],
        comment_id=comment.id,
        seen_version=1,
        action=Action.PUBLISH,
        now=utc_now(),
    )
    assert call("comment-check", BAD).text == "false"


def test_held_is_true_unless_the_blog_knows_to_wait(call, with_key):
    answer = call("comment-check", BAD)
    assert (answer.text, "X-akismet-recheck-after" in answer.headers) == ("true", False)
    with_key(holds=True)
    answer = call("comment-check", BAD)
    assert (answer.text, answer.headers["X-akismet-recheck-after"]) == ("false", "31536000")
    assert "X-akismet-recheck-after" not in call("comment-check", GOOD).headers


def test_plugins_own_approval_comes_after_years_and_fits_into_32_bits():
    by_itself = 2 * answers.RECHECK_AFTER_S
    assert by_itself > 365 * 24 * 3600
    assert utc_now().timestamp() + by_itself < 2**31


def test_rejected_is_true_and_thrown_away_only_where_the_owner_wants(call, database, site, with_key):
    policies.change(database, site, {"bands": {"TOXICITY": {"hold": 0.3, "reject": 0.8}}})
    answer = call("comment-check", BAD)
    assert (answer.text, "X-akismet-pro-tip" in answer.headers) == ("true", False)
    with_key(discards=True)
    assert call("comment-check", BAD).headers["X-akismet-pro-tip"] == "discard"
    assert "X-akismet-pro-tip" not in call("comment-check", GOOD).headers


def test_what_could_not_be_scored_is_held(settings, database, key):
    scorer = Scorer(None)
    client = create_app(settings, database=database, scorer=scorer).test_client()
    assert client.post("/1.1/comment-check", data={"api_key": key, **GOOD}).text == "true"
    scorer.close()


@pytest.mark.parametrize(("name", "state"), [("submit-spam", State.SPAM), ("submit-ham", State.PUBLISHED)])
@pytest.mark.parametrize("sent", [GOOD, BAD])
def test_report_is_a_decision_of_the_blogs_staff(call, stored, database, name, state, sent):
    call("comment-check", sent)
    assert call(name, sent).text == THANKS
    assert call(name, sent).text == THANKS

    [comment] = stored()
    assert (comment.state, comment.decided_by_person) == (state, True)
    with database.read() as session:
        assert session.scalars(sa.select(Decision.actor).order_by(Decision.version)).all() == [
            Actor.MACHINE,
            Actor.BLOG,
        ]
        [label] = session.scalars(sa.select(Label)).all()
    assert (label.attribute, label.score, label.text) == ("SPAM", float(state is State.SPAM), sent["comment_content"])
    assert (label.comment_id, label.external_id) == (comment.id, comment.external_id)


@pytest.mark.parametrize(
    "sent",
    [
        {"comment_content": " What a  BAD idea.\r\n"},
        {"comment_content": "What a bad idea.", "comment_author": "ann", "user_ip": "127.0.0.1"},
        {**BAD, "comment_post_ID": ""},
    ],
)
def test_report_with_less_in_it_finds_the_comment(call, stored, sent):
    call("comment-check", BAD)
    call("comment-check", {**BAD, "comment_author": "Bob", "comment_author_email": "bob@example.org"})
    assert call("submit-spam", {"comment_author": "Ann", **sent}).text == THANKS
    assert [comment.state for comment in stored()] == [State.SPAM, State.HELD]


def test_report_with_our_guid_needs_nothing_else(call, stored):
    guid = call("comment-check", BAD).headers["X-akismet-guid"]
    assert call("submit-ham", {"guid": guid}).text == THANKS
    assert [comment.state for comment in stored()] == [State.PUBLISHED]


def test_report_never_reaches_another_sites_comment(call, client, stored, database, other_site):
    guid = call("comment-check", BAD).headers["X-akismet-guid"]
    with database.write() as session:
        theirs = akismet.add_key(session, other_site, SECRET_KEY)
    client.post("/1.1/submit-ham", data={"api_key": theirs, "guid": guid, **BAD})
    assert [(comment.site_id == other_site.id, comment.state) for comment in stored()] == [
        (False, State.HELD),
        (True, State.PUBLISHED),
    ]


def test_report_of_a_comment_that_was_never_checked_takes_it_in(call, stored):
    assert call("submit-spam", GOOD).text == THANKS
    assert [comment.state for comment in stored()] == [State.SPAM]


def test_erased_comment_stays_erased(call, stored, database, site):
    call("comment-check", GOOD)
    erasure.erase(database, site, stored()[0].external_id, now=utc_now())
    assert call("comment-check", GOOD).text == "true"
    assert call("submit-ham", GOOD).text == THANKS
    [comment] = stored()
    assert (comment.state, comment.text) == (State.ERASED, None)


def test_id_of_a_comment_tells_nothing_without_our_secret(call, stored, app):
    call("comment-check", GOOD)
    [comment] = stored()
    assert comment.external_id.startswith("akismet:")
    assert len(comment.external_id) == 40


def test_administrators_are_trusted_by_the_blogs_word(call, stored):
    assert call("comment-check", {**BAD, "user_role": "editor, Administrator"}).text == "false"
    assert call("comment-check", {**BAD, "comment_post_ID": "13", "user_role": "editor"}).text == "true"


@pytest.mark.parametrize("flag", ["1", "true", "True"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"comment_author": "viagra-test-123"}, "true"),
        ({"comment_author": "akismet-guaranteed-spam"}, "true"),
        ({**GOOD, "comment_author_email": "akismet-guaranteed-spam@example.com"}, "true"),
        ({**BAD, "user_role": "administrator"}, "false"),
        (BAD, "true"),
        (GOOD, "false"),
    ],
)
def test_tests_have_known_results_and_store_nothing(call, stored, flag, fields, expected):
    answer = call("comment-check", {**fields, "is_test": flag})
    assert (answer.text, len(answer.headers["X-akismet-guid"])) == (expected, 32)
    assert call("submit-spam", {**fields, "is_test": flag}).text == THANKS
    assert stored() == []


def test_guaranteed_names_are_no_switch_outside_tests(call):
    assert call("comment-check", {**GOOD, "comment_author": "viagra-test-123"}).text == "false"


def test_sign_up_without_a_text_is_judged_by_its_name(call, stored):
    fields = {"comment_type": "signup", "comment_author": "bad name", "comment_author_url": "https://x.example"}
    assert call("comment-check", {**fields, "user_ip": ""}).text == "true"
    assert stored()[0].text == "bad name https://x.example"


def test_callback_is_kept_for_the_registered_blog_alone(call, database):
    def kept():
        with database.read() as session:
            return [(row.url, row.post_id, row.email) for row in session.scalars(sa.select(AkismetCallback))]

    for url in ("https://evil.example/hook", f"{BLOG}@evil.example/", f"{BLOG}/{'a' * 2000}", "http://10.0.0.1/", ""):
        call("comment-check", {**BAD, "callback": url})
        assert kept() == []
    call("comment-check", {**BAD, "callback": f"{BLOG}/wp-json/akismet/v1/webhook"})
    assert kept() == [(f"{BLOG}/wp-json/akismet/v1/webhook", "12", "ann@example.org")]


# The key, wherever a client puts it.


@pytest.mark.parametrize("name", ["api_key", "key"])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_key_in_body_query_or_host_label(client, key, name, version):
    path = f"/{version}/verify-key"
    assert client.post(path, data={name: key}).text == "valid"
    assert client.post(f"{path}?{name}={key}").text == "valid"
    assert client.get(f"{path}?{name}={key.upper()}").text == "valid"
    assert client.post(path, base_url=f"https://{key}.rest.localhost").text == "valid"
    assert client.post(path + "/", base_url=f"http://{key.upper()}.REST.localhost:8000").text == "valid"


@pytest.mark.parametrize("host", ["{}.localhost", "rest.localhost", "a.{}.rest.localhost", "{}.rest.localhost.evil"])
def test_host_label_counts_only_under_the_configured_name(client, key, host):
    answer = client.post("/1.1/verify-key", base_url=f"http://{host.format(key)}")
    assert answer.text != "valid"


def test_body_comes_before_the_address(client, key):
    assert client.post(f"/1.1/verify-key?api_key={key}", data={"api_key": "abcdefabcdef"}).text == "invalid"


@pytest.mark.parametrize("key", ["", "short", "abcdefabcdef", "a" * 5_000, "äbcdefabcdef", "mk_000000000000.x"])
@pytest.mark.parametrize("name", ["verify-key", "comment-check", "submit-ham", "usage-limit"])
def test_wrong_key_is_invalid_with_a_reason_and_status_200(client, site, key, name):
    answer = client.post(f"/1.1/{name}", data={"api_key": key, **GOOD})
    assert (answer.status_code, answer.text) == (200, "invalid")
    assert "X-akismet-debug-help" in answer.headers


def test_good_answers_carry_no_header_that_clients_take_for_trouble(call):
    for answer in (call("verify-key", {}), call("comment-check", GOOD), call("submit-ham", GOOD)):
        found = {name.lower() for name, _ in answer.headers if name.lower().startswith("x-akismet")}
        assert found <= {"x-akismet-guid"}


# Whatever form it comes in.


def form(key, charset, **fields):
    return urlencode({"api_key": key, **GOOD, **fields}, encoding=charset).encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (lambda key: form(key, "utf-8", comment_content="Schöne Gärten – 花"), "application/x-www-form-urlencoded"),
        (lambda key: form(key, "utf-8", comment_content="Schöne Gärten – 花"), ""),
        (
            lambda key: form(key, "utf-8", comment_content="Schöne Gärten – 花", blog_charset="ISO-8859-1"),
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_utf_8_is_read_whatever_is_declared(client, key, stored, body, content_type):
    client.post("/1.1/comment-check", data=body(key), content_type=content_type)
    assert stored()[0].text == "Schöne Gärten – 花"


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1251", "koi8-r", "shift_jis"])
@pytest.mark.parametrize("is_declared_in", ["field", "header"])
def test_declared_charset_is_read(client, key, stored, charset, is_declared_in):
    text = {"iso-8859-1": "Schöne Gärten", "shift_jis": "美しい庭"}.get(charset, "Красивый сад")
    declared = {"blog_charset": charset} if is_declared_in == "field" else {}
    content_type = "application/x-www-form-urlencoded" + ("" if declared else f"; charset={charset}")
    body = form(key, charset, comment_content=text, **declared)
    client.post("/1.1/comment-check", data=body, content_type=content_type)
    assert stored()[0].text == text


@pytest.mark.parametrize("charset", ["", "hex", "undefined", "idna", "no-such", "a\0", "é", "unicode_escape"])
def test_unknown_charset_replaces_what_cannot_be_read(client, key, stored, charset):
    body = form(key, "latin-1", comment_content="Gärten") + b"&" + urlencode({"blog_charset": charset}).encode()
    assert client.post("/1.1/comment-check", data=body).status_code == 200
    assert stored()[0].text == "G\ufffdrten"


def test_raw_bytes_multipart_and_json_are_read(client, key, stored):
    client.post("/1.1/comment-check", data=f"api_key={key}&comment_content=Gärten 1".encode())
    client.post(
        "/1.1/comment-check", data={"api_key": key, "comment_content": "Gärten 2"}, content_type="multipart/form-data"
    )
    client.post("/1.1/comment-check", json={"api_key": key, "comment_content": "Gärten 3", "is_test": False, "x": [1]})
    assert [comment.text for comment in stored()] == ["Gärten 1", "Gärten 2", "Gärten 3"]


def test_text_no_database_takes_is_taken_all_the_same(client, key, stored):
    body = f"api_key={key}&comment_content=a%00b%ED%A0%80&comment_author=%FF%FE&comment_date_gmt=0001-01-01T00:00+14:00"
    assert client.post("/1.1/comment-check", data=body).text == "false"
    assert stored()[0].text.startswith("a\ufffdb")


@pytest.mark.parametrize("value", ["2026-11-23T09:00:00Z", "2026-11-23 09:00:00", "2026-11-23T10:00:00+01:00"])
def test_time_is_read_in_each_form(call, stored, value):
    call("comment-check", {**GOOD, "comment_date_gmt": value})
    assert str(stored()[0].posted_at) == "2026-11-23 09:00:00+00:00"


@pytest.mark.parametrize("value", ["", "yesterday", "0000-00-00 00:00:00", "9999-12-31T23:59:59-12:00", "1795424400"])
def test_time_that_cannot_be_read_is_left_out(call, stored, value):
    call("comment-check", {**GOOD, "comment_date_gmt": value})
    assert stored()[0].posted_at is None


def test_what_is_not_listed_is_not_stored(call, stored, database):
    call("comment-check", {**GOOD, "HTTP_AUTHORIZATION": "s3cret-s3cret", "POST_password": "s3cret-s3cret"})
    with database.reader.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            assert "s3cret-s3cret" not in str(connection.execute(sa.text(f"SELECT * FROM {table}")).all())  # noqa: S608


# What is refused, in the protocol's own way.


@pytest.mark.parametrize("size", [20_480, 20_481])
def test_text_may_be_as_long_as_any_comment(call, stored, size):
    answer = call("comment-check", {**GOOD, "comment_content": "é" * 10_000 + "a" * (size - 20_000)})
    assert answer.status_code == (200 if size == 20_480 else 413)
    assert ("X-akismet-debug-help" in answer.headers) is (size > 20_480)
    assert len(stored()) == (size == 20_480)


def test_endless_names_and_addresses_are_cut(call, stored):
    names = ("comment_author", "comment_author_url", "user_ip", "permalink", "comment_post_ID")
    assert call("comment-check", {**GOOD, **dict.fromkeys(names, "x" * 9_000)}).text == "false"
    assert len(stored()[0].author_name) == 300


def test_too_many_fields_and_too_large_a_body_are_refused(client, key, settings):
    many = "&".join(f"f{number}=1" for number in range(1_500))
    answer = client.post("/1.1/comment-check", data=f"api_key={key}&{many}")
    assert (answer.status_code, answer.content_type) == (413, "text/plain; charset=utf-8")
    for size in (settings.max_body_bytes, settings.max_batch_bytes):
        answer = client.post("/1.1/comment-check", data=f"api_key={key}&comment_content={'a' * size}")
        assert (answer.status_code, answer.content_type) == (413, "text/plain; charset=utf-8")


def test_too_many_requests_wait_for_a_moderator(settings, database, key):
    scorer = Scorer(FakeReader())
    client = create_app(replace(settings, requests_per_minute=1), database=database, scorer=scorer).test_client()
    answers = [client.post("/1.1/comment-check", data={"api_key": key, **GOOD}) for _ in range(2)]
    scorer.close()
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["X-akismet-error"] == "429"
    assert 1 <= int(answers[1].headers["Retry-After"]) <= 60


def test_unexpected_error_waits_for_a_moderator_and_tells_nothing(app, call, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("bad words")

    monkeypatch.setattr(app.extensions["moderation"].scorer, "assess", fail)
    answer = call("comment-check", GOOD)
    assert (answer.status_code, answer.content_type) == (500, "text/plain; charset=utf-8")
    assert answer.headers["X-akismet-error"] == "500"
    assert "bad words" not in answer.text


def test_akismets_own_client_for_php_reads_the_account_and_its_counts(call, key):
    """Version 1.5 of it, which throws at an account that is no number."""
    account = call("get-subscription", {}).json
    assert account["account_id"] == call("get-subscription", {}).json["account_id"] > 0
    for path in ("get-stats", "get-key-stats"):
        assert set(call(path, {"key": key, "from": "6-months"}).json) >= {"spam", "ham", "accuracy", "time_saved"}


def test_counts_are_those_of_the_month(call, client, key):
    for sent in (GOOD, BAD, BAD):
        call("comment-check", sent)
    call("submit-spam", GOOD)
    assert client.get(f"/1.2/usage-limit?api_key={key}").json["usage"] == 3
    month = f"{utc_now():%Y-%m}"
    answer = client.get(f"/1.2/key-sites?api_key={key}").json
    assert answer[month] == [
        {
            "site": "garden.example",
            "api_calls": "3",
            "spam": "2",
            "ham": "1",
            "missed_spam": "1",
            "false_positives": "0",
            "is_revoked": False,
        }
    ]
    assert client.get(f"/1.2/key-sites?api_key={key}&filter=harbour&month=x&limit=-1").json[month] == []
