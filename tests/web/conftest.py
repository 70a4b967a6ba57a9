"""The application over a test database, and people signed in to it."""

import re
import threading
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from moderation.config import Settings
from moderation.passwords import hash_password
from moderation.scoring import Scorer
from moderation.storage import moderators
from moderation.storage.tables import Membership, Role
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from tests.factories import SECRET_KEY, FakeReader, make_moderator, make_site

PASSWORD = "a pass phrase for tests"

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="session")
def password_hash():
    """Hashed once: argon2 is slow on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        database_url="unused",
        secret_key=SECRET_KEY,
        home=tmp_path,
        trusted_hosts=("127.0.0.1", "localhost"),
    )


@pytest.fixture
def app(settings, database):
    app = create_app(settings, database=database, scorer=Scorer(FakeReader(), deadline_s=20))
    yield app
    app.extensions["moderation"].scorer.close()


@pytest.fixture
def asked(database):
    """The statements that pages have read with, oldest first."""
    statements = []

    @sa.event.listens_for(database.reader, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement)

    return statements


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def site(database):
    with database.write() as session:
        return make_site(session)


@pytest.fixture
def other_site(database):
    with database.write() as session:
        return make_site(session, slug="harbour")


@pytest.fixture
def mona(database, site, password_hash):
    """A moderator of `site` whose password is PASSWORD."""
    with database.write() as session:
        mona = make_moderator(session, site)
        mona.password_hash = password_hash
        return mona


@pytest.fixture
def owner(database, site, mona):
    """Mona, as an owner of `site`."""
    with database.write() as session:
        session.get_one(Membership, (mona.id, site.id)).role = Role.OWNER
    return mona


class Browser:
    """A test client that fills in forms as a browser does: with the token of the page they stand on."""

    def __init__(self, app) -> None:
        self.client = app.test_client()

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, *, on="/", token=None, **fields):
        token = token_of(self.client.get(on).text) if token is None else token
        return self.client.post(path, data={"csrf_token": token, **fields})


def decide(browser, comment, action="reject", *, version=1, **fields):
    return browser.post(f"/comments/{comment.id}/decision", action=action, version=version, **fields)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return found[1] if found else ""


def sign_in_as(app, database, moderator) -> Browser:
    """A browser with a session of *moderator*, without the cost of a password."""
    with database.write() as session:
        token = moderators.open_session(session, moderator, utc_now())
    browser = Browser(app)
    browser.client.set_cookie("moderation", token, domain="localhost")
    return browser


@pytest.fixture
def browser(app, database, mona):
    """Mona, signed in."""
    return sign_in_as(app, database, mona)


@pytest.fixture
def viewer(app, database, site):
    """Vera, signed in, who may only look."""
    with database.write() as session:
        vera = make_moderator(session, site, email="vera@example.org", name="Vera", role=Role.VIEWER)
    return sign_in_as(app, database, vera)


@pytest.fixture
def colleague(app, database, site):
    """Nils, signed in, a second moderator of the same site."""
    with database.write() as session:
        nils = make_moderator(session, site, email="nils@example.org", name="Nils")
    return sign_in_as(app, database, nils)


class Tags(HTMLParser):
    """Every element of a page, and the text between them."""

    def __init__(self, page):
        super().__init__()
        self.found, self.words = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.found if name == tag]

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    @property
    def spaced(self):
        """The text with a space wherever an element begins or ends."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def address(app):
    """Where the app answers a real browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium, address, mona):
    """Opens a page that is signed in as Mona; whatever a page must not do fails the test."""
    contexts, faults = [], []

    def opened(*, with_script=True, **options):
        context = chromium.new_context(base_url=address, java_script_enabled=with_script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda sent: faults.append(sent.url) if not sent.url.startswith(address) else None)
        if with_script:
            page.add_init_script(WATCH)
        page.goto("/sign-in")
        page.fill("#email", "mod@example.org")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector("#list")
        page.wait_for_load_state()  # the scripts are there
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
