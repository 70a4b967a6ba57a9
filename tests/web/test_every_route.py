"""Every address of the application, called by everybody who must not: nothing is shown, and nothing changes.

The addresses come from the application's own table, so a new one is tried without being added here.
"""

import pytest
import sqlalchemy as sa

from moderation import intake, notes
from moderation.domain.comment import Article, Author
from moderation.storage import sites, tables
from moderation.storage.tables import Role
from moderation.storage.types import utc_now
from tests.factories import make_moderator, make_site, make_submission
from tests.web.conftest import decide, sign_in_as, token_of

MARK = "kumquat"  # in every word of the site that is looked at from outside
# Whoever signs in may change their own account; that is tested where the account is.
OWN = ("/account", "/sign-out", "/skipped", "/sign-in")
# What a form might say, so that a call does not fail for want of a field.
FIELDS = {
    "action": "publish",
    "version": "2",
    "text": "a note",
    "note": "a note",
    "answer": "an answer",
    "reason": "",
    "standing": "blocked",
    "period": "week",
    "name": "renamed",
    "hours": "0",
    "url": "",
    "status_page": "none",
    "days": "1",
    "email": "new@example.org",
    "role": "owner",
    "sure": "yes",
    "words": "listed",
    "mail": "never",
    "how": "all",
    "comment": "",
    "required": "yes",
}


@pytest.fixture
def database(sqlite_database):
    """Who may do what does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def garden(app, database):
    """A site that has one of everything, every word of it marked; the values that its addresses take."""
    with database.write() as session:
        site = make_site(session, slug=f"{MARK}-garden", webhook_url=f"https://{MARK}.example/hook")
        sites.add_key(session, site, name=MARK)
        olga = make_moderator(session, site, email=f"{MARK}@example.org", name=f"{MARK} Olga", role=Role.OWNER)
    author = Author(id=f"u-{MARK}", name=MARK, email=f"a-{MARK}@example.org")
    for number in range(3):
        sent = make_submission(id=f"c{number}", text=f"bad {MARK}", author=author, article=Article("1", title=MARK))
        intake.submit(database, app.extensions["moderation"].scorer, site, [sent], now=utc_now())
    owner = sign_in_as(app, database, olga)
    with database.read() as session:
        comment = session.scalars(sa.select(tables.Comment).order_by(tables.Comment.id)).first()
    decide(owner, comment, "reject", note=MARK)
    hands = {"moderator": olga, "site_ids": [site.id], "now": utc_now()}
    notes.add(database, text=MARK, comment_id=comment.id, **hands)
    with database.read() as session:
        ids = {
            "comment_id": session.scalars(sa.select(tables.Comment.id)).first(),
            "decision_id": session.scalars(
                sa.select(tables.Decision.id).where(tables.Decision.moderator_id.is_not(None))
            ).first(),
            "author_id": session.scalars(sa.select(tables.Author.id)).first(),
            "event_id": session.scalars(sa.select(tables.Event.id)).first(),
            "key_id": session.scalars(sa.select(tables.ApiKey.id)).first(),
        }
    return {**ids, "batch_id": ids["comment_id"], "person_id": olga.id, "slug": site.slug, "site": site}


def addresses(app, garden):
    """Method, path and mark of every view that is not open to all."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        who = getattr(app.view_functions[rule.endpoint], "_open_to", "all")
        if who == "all":
            continue
        values = dict(rule.defaults or {})
        for name in set(rule.arguments) - set(values):
            known = "c0" if who == "sites" and name == "comment_id" else garden.get(name)
            converter = rule._converters[name]
            values[name] = known or (sorted(converter.items)[0] if hasattr(converter, "items") else f"u-{MARK}")
        if who == "sites" and "author_id" in values:
            values["author_id"] = f"u-{MARK}"
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, adapter.build(rule.endpoint, values, method=method), who


def state(database, *, of=None):
    """Every row that is not somebody's sign-in or a page's own bookkeeping; the marked site's alone if *of* says so."""
    passing = {"moderator_sessions", "idempotency_records", "audit_log", "audit_heads", "hard_sights", "batches"}
    with database.read() as session:
        return {
            table.name: sorted(
                str(tuple(row))
                for row in session.execute(sa.select(table))
                if of is None or "site_id" not in table.c or row._mapping["site_id"] == of
            )
            for table in tables.Base.metadata.sorted_tables
            if table.name not in passing
        }


def call(browser, token, method, path):
    if method == "GET":
        return browser.get(path)
    return browser.client.open(path, method=method, data={"csrf_token": token, **FIELDS})


def test_without_a_sign_in_or_a_key_no_address_answers(app, client, garden, database):
    before = state(database)
    tried = 0
    for method, path, who in addresses(app, garden):
        answer = client.open(path, method=method, data=FIELDS if method != "GET" else None)
        refused = {302, 303, 286, 400} if who == "moderators" else {400, 401, 403, 415}
        # Akismet's protocol has no refusal: it says `invalid`.
        is_akismet = path.startswith(("/1.1/", "/1.2/")) and answer.text.strip() in {"invalid", ""}
        assert answer.status_code in refused or is_akismet, (method, path, answer.status_code)
        assert MARK not in answer.text.replace(path, ""), path  # a link to sign in leads back to where one came from
        tried += 1
    assert tried > 90
    assert state(database) == before


@pytest.mark.parametrize("role", [Role.OWNER, Role.MODERATOR, Role.VIEWER])
def test_somebody_of_another_site_sees_and_changes_nothing_of_this_one(app, garden, database, role):
    with database.write() as session:
        harbour = make_site(session, slug="harbour")
        harald = make_moderator(session, harbour, email="harald@example.org", name="Harald", role=role)
    browser = sign_in_as(app, database, harald)
    token, site_id = token_of(browser.get("/").text), garden["site"].id
    before = state(database, of=site_id)

    for method, path, who in addresses(app, garden):
        if who != "moderators" or path.startswith(OWN):
            continue
        answer = call(browser, token, method, path)
        assert MARK not in answer.text.replace(path, ""), (method, path)
        if MARK in path or any(str(garden[name]) in path for name in ("comment_id", "decision_id", "author_id")):
            # A form may be found wanting before anything is looked up.
            assert answer.status_code in {403, 404, 422}, (method, path, answer.status_code)

    after = state(database, of=site_id)
    own = {"moderators", "memberships"}  # Harald's own preferences
    assert {name: rows for name, rows in after.items() if name not in own} == {
        name: rows for name, rows in before.items() if name not in own
    }


def test_the_key_of_another_site_reaches_nothing_of_this_one(app, client, garden, database):
    with database.write() as session:
        key = sites.add_key(session, make_site(session, slug="harbour"))
    before = state(database, of=garden["site"].id)

    for method, path, who in addresses(app, garden):
        if who != "sites":
            continue
        body = {"text": "x", "decision": "publish"} if "{" not in path and method != "GET" else None
        answer = client.open(path, method=method, json=body, headers={"Authorization": f"Bearer {key}"})
        assert MARK not in answer.text.replace(path, ""), (method, path)
        if path.startswith(("/v1/comments/", "/v1/authors/")):
            assert answer.status_code == 404, (method, path, answer.status_code)

    assert state(database, of=garden["site"].id) == before


def test_a_viewer_changes_nothing_and_a_moderator_no_setting(app, garden, database):
    with database.write() as session:
        people = {
            role: make_moderator(session, garden["site"], email=f"{role}@example.org", name=role, role=role)
            for role in (Role.VIEWER, Role.MODERATOR)
        }
    for role, person in people.items():
        browser = sign_in_as(app, database, person)
        token, before = token_of(browser.get("/").text), state(database)
        for method, path, who in addresses(app, garden):
            is_owners = path.startswith("/settings") or path.endswith(("/standing", "/erase", "/export"))
            if method != "POST" or who != "moderators" or path.startswith(OWN):
                continue
            if role is Role.MODERATOR and not is_owners:
                continue
            answer = call(browser, token, method, path)
            assert answer.status_code >= 300, (role, path, answer.status_code)
        assert state(database) == before, role
