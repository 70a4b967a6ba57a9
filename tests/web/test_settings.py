"""A site's settings: who may see and change them, keys, webhook, bands, listed words, people."""

import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from moderation import intake, policies
from moderation.domain.errors import Conflict
from moderation.scoring import Scorer
from moderation.storage import moderators, sites
from moderation.storage.tables import ApiKey, Membership, Moderator, Role, Site, StatusPage
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from moderation.web.card.marking import LABELS
from moderation.web.settings.bands import last_days
from moderation.webhooks.testing import Outcome
from tests.factories import FakeReader, make_moderator, make_submission
from tests.web.conftest import Tags, sign_in_as, token_of
from tests.webhooks.receiver import LOOPBACK

HOME = "/settings/garden"
PAGES = ["", "/bands", "/words", "/reasons", "/people", "/akismet", "/coral"]
KEY_ID = "01a209d8-db0c-7027-ab16-260c215069bf"
FORMS = [
    ("/keys", {"name": "x"}),
    (f"/keys/{KEY_ID}/rotate", {"hours": "0"}),
    (f"/keys/{KEY_ID}/end", {}),
    ("/webhook", {"url": ""}),
    ("/webhook/test", {}),
    ("/status-page", {"status_page": "none"}),
    ("/bands", {"version": "1", "do": "save"}),
    ("/words", {"version": "1", "do": "save", "hold": "x"}),
    ("/reasons", {"version": "1", "new": "x"}),
    ("/people", {"email": "x@example.org", "role": "owner"}),
    (f"/people/{KEY_ID}/role", {"role": "owner"}),
    (f"/people/{KEY_ID}/remove", {}),
    ("/people/two-step", {"required": "no"}),
    ("/akismet", {"blog": "https://garden.example"}),
    ("/akismet/show", {}),
    ("/akismet/rotate", {"hours": "0"}),
    ("/coral", {"secret": "a secret of Coral"}),
    ("/coral/remove", {}),
]


@pytest.fixture
def olga(database, site):
    with database.write() as session:
        return make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)


@pytest.fixture
def owner(app, database, olga):
    return sign_in_as(app, database, olga)


@pytest.fixture
def stranger(app, database, other_site):
    """An owner of another site."""
    with database.write() as session:
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto", role=Role.OWNER)
    return sign_in_as(app, database, otto)


def post(browser, path, **fields):
    return browser.post(HOME + path, on=HOME, **fields)


def everything(database):
    with database.read() as session:
        tables = (Site, ApiKey, Membership, Moderator)
        return [sorted(map(str, session.execute(sa.select(table.__table__)))) for table in tables]


# Who may


@pytest.mark.parametrize("path", PAGES)
def test_owners_alone_see_settings(owner, browser, viewer, stranger, client, path):
    assert owner.get(HOME + path).status_code == 200
    assert browser.get(HOME + path).status_code == viewer.get(HOME + path).status_code == 403
    assert stranger.get(HOME + path).status_code == 404
    assert client.get(HOME + path).location.startswith("/sign-in")


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_owners_alone_change_settings(database, site, olga, browser, viewer, stranger, path, fields):
    before = everything(database)

    for who, status in ((browser, 403), (viewer, 403), (stranger, 404)):
        token = token_of(who.get("/account").text)
        assert who.post(HOME + path, token=token, **fields).status_code == status

    assert everything(database) == before


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_a_form_needs_its_token_and_our_own_page(database, owner, path, fields):
    before = everything(database)

    assert owner.client.post(HOME + path, data=fields).status_code == 400
    token = token_of(owner.get("/account").text)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert owner.client.post(HOME + path, data={"csrf_token": token, **fields}, headers=headers).status_code == 403

    assert everything(database) == before


def test_the_day_of_a_keys_last_use_is_written_as_its_reader_does(database, site, owner):
    with database.write() as session:
        sites.add_key(session, site)
        session.execute(sa.update(ApiKey).values(last_used_on=date(2026, 11, 23)))

    assert "last used on Nov 23, 2026" in owner.get(HOME).text
    assert "last used on 23 Nov 2026" in owner.get(HOME, headers={"Accept-Language": "en-GB"}).text


def test_the_way_to_settings_is_shown_to_owners(owner, browser):
    assert 'href="/settings"' in owner.get("/account").text
    assert 'href="/settings"' not in browser.get("/account").text
    assert owner.get("/settings").location == HOME
    assert browser.get("/settings").status_code == 403


def test_an_owner_of_two_sites_chooses(app, database, owner, olga, other_site):
    with database.write() as session:
        moderators.join_site(session, olga, other_site, Role.OWNER)

    page = owner.get("/settings").text

    assert 'href="/settings/garden"' in page
    assert 'href="/settings/harbour"' in page


# Keys


def new_key(page):
    return re.search(r"mk_[0-9a-f]{12}\.[\w-]+", page)[0]


def key_ids(database, site):
    with database.read() as session:
        return [str(row.id) for row in sites.list_keys(session, site.id)]


def works(database, key):
    with database.read() as session:
        return sites.find_key(session, key, utc_now()) is not None


def test_a_key_is_named_and_shown_once(database, site, owner):
    key = new_key(post(owner, "/keys", name="<b>Blog</b>").text)

    page = owner.get(HOME).text
    assert works(database, key)
    assert key.partition(".")[2] not in page
    assert "&lt;b&gt;Blog&lt;/b&gt;" in page


def test_a_key_can_be_for_scoring_alone(database, site, owner):
    post(owner, "/keys", name="Client", reach="scores")
    post(owner, "/keys", name="Blog", reach="all")

    assert owner.get(HOME).text.count("scoring alone</strong>") == 1
    with database.read() as session:
        assert {key.name: key.scores_only for key in sites.list_keys(session, site.id)} == {
            "Client": True,
            "Blog": False,
        }


@pytest.mark.parametrize(("hours", "still_works"), [("24", True), ("0", False)])
def test_a_key_is_replaced_with_an_overlap(database, site, owner, hours, still_works):
    old = new_key(post(owner, "/keys", name="Blog").text)

    new = new_key(post(owner, f"/keys/{key_ids(database, site)[0]}/rotate", hours=hours).text)

    assert works(database, new)
    assert works(database, old) is still_works
    with database.read() as session:
        assert [row.name for row in sites.list_keys(session, site.id)] == ["Blog", "Blog"]


def test_a_key_is_ended(database, site, owner):
    key = new_key(post(owner, "/keys", name="Blog").text)
    path = f"/keys/{key_ids(database, site)[0]}/end"

    assert post(owner, path).status_code == 303

    assert not works(database, key)
    assert post(owner, path).status_code == 404


def test_the_key_of_another_site_is_out_of_reach(database, owner, other_site):
    with database.write() as session:
        key = sites.add_key(session, other_site)
    key_id = key_ids(database, other_site)[0]

    assert post(owner, f"/keys/{key_id}/end").status_code == 404
    assert post(owner, f"/keys/{key_id}/rotate", hours="0").status_code == 404
    assert works(database, key)


# Webhook and the commenters' page


@contextmanager
def receiver(status):
    """A blog on loopback that answers with *status*."""
    from werkzeug.serving import make_server
    from werkzeug.wrappers import Response

    server = make_server("127.0.0.1", 0, Response(status=status), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def reload(database, site):
    with database.read() as session:
        return session.get_one(Site, site.id)


@pytest.mark.parametrize(("status", "sentence"), [(204, "The test arrived: answered 204"), (500, "did not arrive")])
def test_the_test_button_says_what_the_blog_answered(settings, database, site, olga, status, sentence):
    app = create_app(replace(settings, webhook_networks=LOOPBACK), database=database, scorer=object())
    owner = sign_in_as(app, database, olga)
    with receiver(status) as url:
        assert post(owner, "/webhook", url=url).status_code == 303
        assert reload(database, site).webhook_url == url

        assert sentence in Tags(post(owner, "/webhook/test").text).text


@pytest.mark.parametrize("error", ["", "There was no answer."])
def test_the_test_button_says_how_long_it_took_in_seconds_where_it_took_some(owner, monkeypatch, error):
    monkeypatch.setattr(
        "moderation.web.settings.site.send_test",
        lambda *sites, **options: Outcome(None if error else 204, error, 14_990),
    )

    assert "after 15 seconds." in Tags(post(owner, "/webhook/test").text).text


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest", "ftp://x.example/", "x", "https://x/" + "y" * 2000]
)
def test_an_address_that_no_webhook_may_go_to_is_refused(database, site, owner, url):
    answer = post(owner, "/webhook", url=url)

    assert answer.status_code == 422
    assert reload(database, site).webhook_url is None


def test_an_address_is_taken_away(database, site, owner):
    post(owner, "/webhook", url="https://blog.example/hook")
    post(owner, "/webhook", url=" ")

    assert reload(database, site).webhook_url is None


def test_the_commenters_page_is_chosen(database, site, owner):
    post(owner, "/status-page", status_page="state")
    assert reload(database, site).status_page is StatusPage.STATE
    assert post(owner, "/status-page", status_page="all").status_code == 422


# Bands


@pytest.fixture
def submit(app, database, site):
    scorer = Scorer(FakeReader())

    def _submit(*texts, now=None, to=site):
        items = [make_submission(text=text) for text in texts]
        return intake.submit(database, scorer, to, items, now=now or utc_now(), request_key=None)

    yield _submit
    scorer.close()


def bands_form(page, **changes):
    """The form as the page has it, with some fields changed (`INSULT_hold` for `INSULT.hold`)."""
    fields = {attrs["name"]: attrs["value"] for attrs in Tags(page).named("input") if "." in attrs.get("name", "")}
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    return {**fields, "version": version, **{re.sub("_(hold|reject)$", r".\1", k): v for k, v in changes.items()}}


def rows(page):
    """The table of the effect: {outcome: (before, after, difference)}."""
    found = re.findall(r'<tr><th scope="row">(\w+)</th><td>([\d,]+)</td><td>([\d,]+)</td><td>([^<]+)</td></tr>', page)
    return {name: (int(before), int(after), difference) for name, before, after, difference in found}


def test_the_effect_of_bands_is_counted_on_past_comments(database, owner, submit, other_site):
    submit("fine one", "fine two", "bad one")
    submit("bad elsewhere", to=other_site)
    page = owner.get(f"{HOME}/bands").text
    assert rows(page)["Held"] == (1, 1, "as many")

    never = {f"{name}_hold": "" for name in ("TOXICITY", "INSULT")}
    tried = post(owner, "/bands", do="try", **bands_form(page, **never)).text

    assert rows(tried)["Held"] == (1, 0, "1 fewer a day")
    assert rows(tried)["Published"] == (2, 3, "1 more a day")
    stricter = post(owner, "/bands", do="try", **bands_form(page, TOXICITY_hold="5", INSULT_reject="90")).text
    assert rows(stricter) == {
        "Published": (2, 0, "2 fewer a day"),
        "Held": (1, 2, "1 more a day"),
        "Rejected": (0, 1, "1 more a day"),
    }
    assert bands_form(stricter)["TOXICITY.hold"] == "5"


def test_the_bands_call_an_attribute_as_the_cards_do(owner):
    legends = re.findall(r"<legend>(.*?)</legend>", owner.get(f"{HOME}/bands").text)

    assert legends == [str(label).capitalize() for label in LABELS.values()]


@pytest.mark.parametrize(
    ("days", "words"),
    [(1.0, "the last day"), (1.04, "the last day"), (2.5, "the last 2.5 days"), (30, "the last 30 days")],
)
def test_one_day_is_not_one_days(app, days, words):
    with app.test_request_context():
        assert last_days(days) == words


def test_trying_saves_nothing_and_saving_does(database, site, owner):
    page = owner.get(f"{HOME}/bands").text

    post(owner, "/bands", do="try", **bands_form(page, TOXICITY_hold="42.5"))
    assert policies.current(database, reload(database, site))[1] == 1

    post(owner, "/bands", do="save", **bands_form(page, TOXICITY_hold="42.5", THREAT_reject="99"))
    document, version = policies.current(database, reload(database, site))
    assert version == 2
    assert document["bands"]["TOXICITY"] == {"hold": 0.425, "reject": None}
    assert document["bands"]["THREAT"] == {"hold": 0.3, "reject": 0.99}
    assert document["bands"]["INSULT"] == {"hold": 0.5, "reject": None}


@pytest.mark.parametrize("word", ["101", "-1", "nan", "inf", "many", "<script>"])
def test_a_band_that_cannot_be_is_refused(database, site, owner, word):
    page = owner.get(f"{HOME}/bands").text

    answer = post(owner, "/bands", do="save", **bands_form(page, INSULT_hold=word))

    assert answer.status_code == 422
    assert reload(database, site).policy_version == 1


def test_whoever_saves_second_overwrites_nothing(database, site, owner):
    page = owner.get(f"{HOME}/bands").text
    post(owner, "/words", do="save", version="1", hold="first")

    post(owner, "/bands", do="save", **bands_form(page, INSULT_hold="1"))

    document, version = policies.current(database, reload(database, site))
    assert (version, document["bands"]["INSULT"]["hold"]) == (2, 0.5)
    assert [rule["match"] for rule in document["words"]] == ["first"]
    assert "Nothing of yours was saved" in owner.get("/account").text


# Listed words


def test_a_new_word_is_checked_against_published_comments(owner, submit, other_site):
    submit("An ass grazes", "A class of <b>assistants</b>", "Plain", "bad ass")  # the last one is held
    submit("An ass elsewhere", to=other_site)

    page = post(owner, "/words", do="check", version="1", hold="ass\n\nzebra").text

    words = Tags(page).text
    assert "“ass”: 1 published comment, 1 a day" in words
    assert '<mark class="listed">ass</mark> grazes' in page
    assert "elsewhere" not in words
    assert "“class” (1)" in words
    assert "“assistants” (1)" in words
    assert "“zebra”: no published comment" in words
    assert "<b>" not in page.replace("<bdi", "")


def test_checking_saves_nothing_and_saving_does(database, site, owner):
    post(owner, "/words", do="check", version="1", hold="x")
    assert reload(database, site).policy_version == 1

    post(owner, "/words", do="save", version="1", hold=" one \r\n\r\ntwo words\r\none", reject="two words\nthree")

    document, _ = policies.current(database, reload(database, site))
    assert document["words"] == [
        {"match": "two words", "action": "reject"},
        {"match": "three", "action": "reject"},
        {"match": "one", "action": "hold"},
    ]
    page = owner.get(f"{HOME}/words").text
    assert "\ntwo words\nthree</textarea>" in page


def test_words_beyond_the_limit_are_refused_and_shown_again(database, site, owner):
    answer = post(owner, "/words", do="save", version="1", hold="</textarea>" + "x" * 500)

    assert answer.status_code == 422
    assert "&lt;/textarea&gt;xxx" in answer.text
    assert reload(database, site).policy_version == 1


# People


def roles_of(database, site):
    with database.read() as session:
        return {person.email: role for person, role in moderators.people_of(session, site.id)}


def test_somebody_new_gets_a_password_that_is_shown_once(app, database, site, owner):
    page = post(owner, "/people", email="New@example.org", name="<i>Nia</i>", role="viewer").text

    password = re.search(r'class="secret"[^>]*>([\w-]+)<', page)[1]
    assert roles_of(database, site)["new@example.org"] is Role.VIEWER
    again = owner.get(f"{HOME}/people").text
    assert password not in again
    assert "&lt;i&gt;Nia&lt;/i&gt;" in again
    client = app.test_client()
    token = token_of(client.get("/sign-in").text)
    fields = {"csrf_token": token, "email": "new@example.org", "password": password}
    assert client.post("/sign-in", data=fields).location == "/"


def test_somebody_of_another_site_joins_with_their_own_password(database, site, owner, stranger):
    answer = post(owner, "/people", email="otto@example.org", name="Hijacked", role="moderator")

    assert answer.status_code == 303
    assert roles_of(database, site)["otto@example.org"] is Role.MODERATOR
    with database.read() as session:
        otto = moderators.moderator_by_email(session, "otto@example.org")
    assert (otto.name, otto.password_hash) == ("Otto", "unusable")


def test_nobody_is_added_twice_or_without_an_address(database, site, owner, mona):
    assert post(owner, "/people", email="mod@example.org", role="owner").status_code == 409
    for none in ("nobody", "a@b\r\nBcc: c@d.example", "a@b, c@d", "Ann <a@b>"):
        assert post(owner, "/people", email=none, role="viewer").status_code == 422
    assert post(owner, "/people", email="x@example.org", role="king").status_code == 422
    assert roles_of(database, site) == {"mod@example.org": Role.MODERATOR, "olga@example.org": Role.OWNER}


def test_a_role_counts_from_the_next_page_on(database, site, owner, browser, mona):
    post(owner, f"/people/{mona.id}/role", role="owner")
    assert browser.get(HOME).status_code == 200

    post(owner, f"/people/{mona.id}/remove")
    assert browser.get(HOME).status_code == 404
    assert roles_of(database, site) == {"olga@example.org": Role.OWNER}


@pytest.mark.parametrize(("path", "fields"), [("role", {"role": "viewer"}), ("remove", {})])
def test_the_last_owner_stays(database, site, owner, olga, path, fields):
    answer = post(owner, f"/people/{olga.id}/{path}", **fields)

    assert answer.status_code == 409
    assert "at least one owner" in answer.text
    assert roles_of(database, site)["olga@example.org"] is Role.OWNER


def test_two_owners_cannot_demote_each_other_at_once(database, site, olga):
    with database.write() as session:
        nora = make_moderator(session, site, email="nora@example.org", role=Role.OWNER)
    both, refused = threading.Barrier(2), []

    def demote(person):
        both.wait()
        try:
            with database.write() as session:
                moderators.change_role(session, site, person.id, None)
        except Conflict:
            refused.append(person)

    threads = [threading.Thread(target=demote, args=[person]) for person in (olga, nora)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == len(roles_of(database, site)) == 1


def test_a_disabled_owner_does_not_count(database, site, owner, olga):
    with database.write() as session:
        gone = make_moderator(session, site, email="gone@example.org", role=Role.OWNER)
        gone.disabled_at = utc_now()

    assert post(owner, f"/people/{olga.id}/remove").status_code == 409


def test_people_of_another_site_are_out_of_reach(database, owner, other_site, stranger):
    with database.read() as session:
        otto = moderators.moderator_by_email(session, "otto@example.org")

    assert post(owner, f"/people/{otto.id}/remove").status_code == 404
    assert roles_of(database, other_site) == {"otto@example.org": Role.OWNER}
