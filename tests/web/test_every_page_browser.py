"""Every page of the dashboard in a real browser: hostile texts, accessibility, phones, writing from right to left.

The pages are those of the application itself (`tests/pages.py`), so a new one is looked at without a word here.
"""

import csv
import io
import re
import shutil
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import make_server

from moderation import preferences
from moderation.config import Settings
from moderation.scoring import Scorer
from moderation.storage import moderators
from moderation.storage.engine import Database
from moderation.storage.types import utc_now
from moderation.web import language
from moderation.web.app import create_app
from tests.factories import SECRET_KEY, FakeReader, make_moderator, make_site
from tests.pages import Page, pages
from tests.web import world as worlds
from tests.web.hostile import HOSTILE
from tests.web.pseudo import untranslated, write_catalogue
from tests.web.test_hostile import assert_inert

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
FORMULA = re.compile(r"^[\t\r\n ]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
# Called so in every language: the product, and what the made-up site holds.
NAMES = {"Moderation", "Mona", "Garden", "bad", "fake-", "nothing-has-this", "English"}
PHONE = {"width": 390, "height": 844}
# Widest elements first, to say in a failure what sticks out.
STICKING_OUT = """() => [...document.querySelectorAll('body *')]
  .filter((e) => { const b = e.getBoundingClientRect(); return b.width && (b.right > innerWidth + 1 || b.left < -1); })
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 160))"""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"


@dataclass
class World:
    app: Any
    database: Database
    address: str
    cookie: str
    moderator: Any

    def pages(self, limit: int) -> list[Page]:
        with self.database.read() as session:
            return pages(self.app, session, SECRET_KEY, limit=limit)


def build(path, template, texts, copies):
    """A served application over a filled database; the caller stops it."""
    shutil.copy(template, path / "world.db")
    database = Database(f"sqlite:///{path / 'world.db'}")
    settings = Settings(
        database_url="unused", secret_key=SECRET_KEY, home=path, trusted_hosts=("127.0.0.1", "localhost")
    )
    app = create_app(settings, database=database, scorer=Scorer(FakeReader()))
    with database.write() as session:
        site = make_site(session)
        mona = make_moderator(session, site)
        cookie = moderators.open_session(session, mona, utc_now())
    worlds.fill(app.test_client(), database, site, mona, texts, copies=copies)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return World(app, database, f"http://127.0.0.1:{server.server_port}", cookie, mona), server


def close(world, server):
    server.shutdown()
    server.server_close()
    world.app.extensions["moderation"].scorer.close()
    world.database.dispose()


@pytest.fixture(scope="module")
def hostile_world(tmp_path_factory, sqlite_template):
    world, server = build(tmp_path_factory.mktemp("hostile"), sqlite_template, HOSTILE, 1)
    yield world
    close(world, server)


@pytest.fixture(scope="module")
def plain_world(tmp_path_factory, sqlite_template):
    """With a catalogue of a language that is written from right to left, in which every word is marked."""
    path = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "TRANSLATIONS", path / "translations")
        write_catalogue(path / "translations", "ar")
        world, server = build(path, sqlite_template, [f"שלום {number} bad." for number in range(24)], 1)
    yield world
    close(world, server)


@pytest.fixture
def look(chromium):
    """Opens pages of a world signed in; whatever a page must not do is in `faults`, and fails the test."""
    contexts, faults = [], []

    def opened(world, **options):
        context = chromium.new_context(base_url=world.address, **options)
        contexts.append(context)
        context.add_cookies([{"name": "moderation", "value": world.cookie, "url": world.address}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda line: faults.append(f"{page.url}: {line.text}") if is_fault(line) else None)
        page.on("request", lambda sent: faults.append(sent.url) if not sent.url.startswith(world.address) else None)
        if options.get("java_script_enabled", True):
            page.add_init_script(WATCH)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def is_fault(line):
    """Anything the browser calls an error, but that a page answers 404, which some of ours should."""
    return line.type == "error" and "status of 404" not in line.text


def shown(world, limit, *, variants=True):
    """The pages that are HTML as a whole, and what else there is."""
    client = world.app.test_client()
    client.set_cookie("moderation", world.cookie, domain="localhost")
    whole, other = [], []
    for page in world.pages(limit):
        if not variants and "?" in page.path:
            continue
        with client.get(page.path) as answer:
            if answer.status_code < 500 and answer.mimetype == "text/html" and answer.data.startswith(b"<!doctype"):
                whole.append((page, answer.text))
            else:
                other.append((page, answer.status_code, answer.mimetype, answer.get_data(as_text=True)))
    return whole, other


def test_hostile_texts_are_inert_in_every_view_and_every_export(hostile_world):
    whole, other = shown(hostile_world, len(HOSTILE))

    names = {page.name for page, _ in whole}
    assert {"/", "/all", "/comments/<comment_id>", "/decided", "/appeals", "/deliveries", "/status/<token>"} <= names
    for page, text in whole:
        try:
            assert_inert(text)
        except AssertionError as error:
            raise AssertionError(page.path) from error
    for page, status, kind, text in other:
        assert status < 500, page
        if kind == "text/csv":
            cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
            assert not [cell for cell in cells if FORMULA.match(cell)], page
        elif kind == "text/html" and text:
            assert_inert(text)


def test_hostile_texts_do_nothing_in_a_browser_and_fit_a_phone(hostile_world, look):
    whole, _ = shown(hostile_world, len(HOSTILE), variants=False)
    page, wide = look(hostile_world, viewport=PHONE, device_scale_factor=1), []

    for each, _ in whole:
        page.goto(each.path, wait_until="load")
        assert page.evaluate("window.violations") == [], each.path
        assert page.title() != "run"
        if page.evaluate(OVERFLOWS):
            wide.append((each.path, page.evaluate(STICKING_OUT)))

    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark", "light, by the system", "dark, by the system"])
def test_axe_finds_nothing_on_any_page(plain_world, look, scheme):
    theme, by_system = scheme.split(",")[0], "system" in scheme
    # A theme that was chosen wins over the system's, so the two are set against each other.
    system = theme if by_system else {"light": "dark", "dark": "light"}[theme]
    preferences.change(plain_world.database, plain_world.moderator, theme="system" if by_system else theme)
    whole, _ = shown(plain_world, 1, variants=False)
    page, found = look(plain_world, color_scheme=system), {}

    for each, _ in whole:
        page.goto(each.path)
        for violation in Axe().run(page).response["violations"]:
            nodes = [(node["html"][:200], node["failureSummary"][:300]) for node in violation["nodes"][:3]]
            found[each.name, violation["id"]] = nodes

    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_the_reader_has_a_few_colours_for_everything_words_can_be_read(plain_world, look, scheme):
    whole, _ = shown(plain_world, 1, variants=False)
    page, found = look(plain_world, color_scheme=scheme, forced_colors="active"), {}

    for each, _ in whole:
        page.goto(each.path)
        for violation in Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]:
            found[each.name] = [node["html"][:200] for node in violation["nodes"][:3]]

    assert found == {}


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_on_a_phone_nothing_sticks_out_and_targets_fit_a_thumb(plain_world, look, locale):
    whole, _ = shown(plain_world, 1, variants=False)
    page, wrong = look(plain_world, viewport=PHONE, is_mobile=True, has_touch=True, locale=locale), {}

    for each, _ in whole:
        page.goto(each.path)
        assert page.evaluate("document.documentElement.dir") == ("rtl" if locale == "ar" else "ltr")
        small = page.evaluate(
            """[...document.querySelectorAll('button, nav a, select, input')]
            .filter((e) => !['hidden', 'checkbox', 'radio', 'range'].includes(e.type))
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5 && !e.closest('[hidden]'))
            .map((e) => e.outerHTML.slice(0, 120) + e.getBoundingClientRect().height)"""
        )
        if small or page.evaluate(OVERFLOWS):
            wrong[each.name] = (small[:4], page.evaluate(STICKING_OUT))

    assert wrong == {}


def test_no_word_of_any_page_is_left_untranslated(plain_world):
    """In the marked catalogue every translated word is in brackets; what is outside was never asked for."""
    client = plain_world.app.test_client()
    client.set_cookie("moderation", plain_world.cookie, domain="localhost")
    left = {}

    for page in plain_world.pages(3):
        with client.get(page.path, headers={"Accept-Language": "ar"}) as answer:
            is_page = answer.mimetype == "text/html" and not answer.location
            if is_page and (found := untranslated(answer.text, NAMES)):
                left[page.name] = found

    assert left == {}


def test_the_style_sheet_knows_no_left_and_right(plain_world):
    with plain_world.app.test_client().get("/static/style.css") as sheet:
        physical = re.findall(
            r"(?:^|\{)\s*(?:(?:margin|padding|border)-(?:left|right)|left:|right:|[a-z-]+:[^;]*\b(?:left|right)\b).*",
            sheet.text,
            re.MULTILINE,
        )
    assert physical == []
