"""Pages speak the reader's language where a catalogue does, and tell times in the reader's zone."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from jinja2 import Environment

from moderation import preferences
from moderation.config import ROOT
from moderation.web import language, times
from moderation.web.app import create_app
from tests.factories import NOW, make_comment
from tests.web.conftest import Tags, sign_in_as

TEMPLATES = ROOT / "moderation" / "web" / "templates"
# What is called the same in every language.
NAMES = {"Moderation", "Akismet", "Coral", "Perspective", "KB", "API"}


@pytest.fixture
def database(sqlite_database):
    """What a page says does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def translations(tmp_path, monkeypatch):
    """A folder of catalogues in place of the shipped one."""
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path / "translations")

    def add(name, **words):
        catalog = Catalog(locale=name)
        for english, translated in words.items():
            catalog.add(english.replace("_", " "), translated)
        path = language.TRANSLATIONS / name / "LC_MESSAGES" / "messages.mo"
        path.parent.mkdir(parents=True)
        written = io.BytesIO()
        write_mo(written, catalog)
        path.write_bytes(written.getvalue())

    return add


def html_of(page):
    return Tags(page).named("html")[0]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["de-AT", "en"], "de_AT"),
        (["fr", "de"], "de"),
        (["fr"], "en"),
        (["en-GB"], "en_GB"),
        (["pt-PT"], "pt_BR"),
        (["zh-CN"], "zh_Hans_CN"),
        (["zh-TW"], "en"),
        (["*", "../../etc/passwd", "x" * 500, "de"], "de"),
        ([], "en"),
    ],
)
def test_the_first_wanted_language_that_is_spoken_is_taken(wanted, chosen):
    assert str(language.choose(wanted, ("en", "de", "pt_BR", "zh_Hans"))) == chosen


def test_a_page_speaks_the_language_of_its_reader(translations, settings, database, site, mona):
    translations("he", just_now="עכשיו")
    with database.write() as session:
        make_comment(session, site, now=datetime.now(UTC))
    app = create_app(settings, database=database, scorer=object())
    browser = sign_in_as(app, database, mona)

    page = browser.get("/", headers={"Accept-Language": "he-IL, en;q=0.5"}).text
    english = browser.get("/", headers={"Accept-Language": "fr"}).text

    assert html_of(page) == {"lang": "he-IL", "dir": "rtl"}
    assert "עכשיו" in page
    assert html_of(english) == {"lang": "en", "dir": "ltr"}
    assert "just now" in english


def test_roles_are_said_in_the_readers_language(translations, settings, database, site, owner):
    translations("he", Owner="בעלים")
    browser = sign_in_as(create_app(settings, database=database, scorer=object()), database, owner)

    page = browser.get(f"/settings/{site.slug}/people", headers={"Accept-Language": "he"}).text

    assert '<option value="owner" selected>בעלים</option>' in page


def test_times_are_those_of_the_readers_zone(browser, database, site, mona):
    preferences.change(database, mona, time_zone="Asia/Kolkata")
    with database.write() as session:
        comment = make_comment(session, site, now=datetime(2026, 1, 31, 20, 0, tzinfo=UTC))

    page = browser.get(f"/comments/{comment.id}").text

    assert 'title="Feb 1, 2026, 1:30\u202fAM IST"' in page
    assert "on Feb 1, 2026" in page


def test_every_zone_that_can_be_chosen_can_be_shown(app, mona):
    from flask import g
    from flask_babel import format_datetime

    for name in ("UTC", "Europe/Kyiv", "Factory", "posixrules"):
        try:
            mona.preferences = preferences.Preferences(time_zone=name).model_dump()
        except ValueError:
            continue  # the system does not know it either
        with app.test_request_context():
            g.moderator = mona
            assert format_datetime(NOW)
            assert times.exact(NOW)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "on Oct 23, 2026"),
    ],
)
def test_ages_are_said_in_words(ago, words):
    assert times.when(NOW - ago, NOW).words == words


def untranslated(source):
    """What a template says in its own words, outside of gettext and `trans`."""
    shown, inside, previous = [], False, ""
    for _, kind, value in Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(source):
        if kind == "name" and previous == "block_begin":
            inside = value == "trans" or (inside and value != "endtrans")
        if kind != "whitespace":
            previous = kind
        if kind == "data" and not inside:
            shown.append(value)
        elif kind == "variable_begin":
            shown.append("0")
    html = re.sub(r"<code>.*?</code>", "", "".join(shown))
    spoken = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', html)
    # A macro may write only the attributes of an element.
    text = re.sub(r"<[^>]*>|(?<![\w-])[a-z-]+=\S*|data-[a-z]+", "|", html)
    return sorted(set(re.findall(r"[A-Za-z][A-Za-z’' ]*[A-Za-z]{2}", " | ".join([text, *spoken]))))


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_word_of_a_template_is_in_the_catalogue(path):
    assert set(untranslated(path.read_text())) <= NAMES


def test_a_word_of_a_template_s_own_is_found():
    source = '<p title="Aside">{{ _("Said") }} Plain | {% if x %}word{% endif %}</p>{% trans %}Kept{% endtrans %}'

    assert untranslated(source) == ["Aside", "Plain", "word"]


def test_the_language_that_somebody_chose_wins_over_their_browsers(database, settings, mona, translations):
    translations("de", Your_account="Ihr Konto", As_the_browser_asks="Wie der Browser")
    browser = sign_in_as(create_app(settings, database=database, scorer=object()), database, mona)
    form = {"language": "de", "time_zone": "UTC", "theme": "system"}

    browser.post("/account/preferences/sight", on="/account/preferences", **form)

    page = browser.get("/account", headers={"Accept-Language": "fr"}).text
    assert "Ihr Konto" in page
    assert html_of(page)["lang"] == "de"
    browser.post("/account/preferences/sight", on="/account/preferences", **{**form, "language": "xx"})
    assert "Your account" in browser.get("/account", headers={"Accept-Language": "fr"}).text


def test_what_is_put_into_a_page_s_words_is_escaped(app):
    say = app.jinja_env.from_string(
        "{{ _('<b>50%%</b> %(name)s', name=name) }} "
        "{{ ngettext('%(num)d of %(name)s', '%(num)d by %(name)s', 2, name=name) }}"
        "{% trans %} <i>by {{ name }}</i>{% endtrans %} {{ _('100 <br>') }}"
    )

    with app.test_request_context():
        assert say.render(name="<Al>") == "<b>50%</b> &lt;Al&gt; 2 by &lt;Al&gt; <i>by &lt;Al&gt;</i> 100 <br>"
