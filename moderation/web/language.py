"""The language of a page: the reader's first that a catalogue in `translations/` speaks, else English.

Programs are answered in English always: their words are part of the interface.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import pytz
from babel import Locale, UnknownLocaleError
from flask import Flask, request
from flask_babel import Babel, get_locale
from markupsafe import Markup

from moderation.web import problems, times
from moderation.web.dashboard.mine import mine
from moderation.web.translation import DOMAIN

TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE = "en"


def install(app: Flask) -> None:
    spoken = tuple(catalogues(TRANSLATIONS))
    babel = Babel(
        app,
        default_locale=SOURCE,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=lambda: None if problems.speaks_json() else choose(_wanted(), spoken),
        timezone_selector=_zone,
    )
    babel.domain_instance = DOMAIN
    # Jinja's own ask for the context, and then Flask-Babel, at each of a page's some hundred words.
    app.jinja_env.globals.update(_=_say, gettext=_say, ngettext=_say_number)
    app.context_processor(_of_page)


def _say(words: str, /, **values: object) -> Markup:
    """What `_()` in a template writes: the words are markup, the *values* put into them are escaped."""
    return _filled(DOMAIN.get_translations().gettext(words), values)


def _say_number(one: str, many: str, num: int, /, **values: object) -> Markup:
    return _filled(DOMAIN.get_translations().ngettext(one, many, num), {"num": num, **values})


def _filled(words: str, values: Mapping[str, object]) -> Markup:
    markup = _marked(words)
    return markup % values if "%" in words else markup


@lru_cache(maxsize=4_096)
def _marked(words: str) -> Markup:
    return Markup(words)  # noqa: S704 - the catalogue's, which is ours


def _wanted() -> list[str]:
    """What the signed-in person chose, then what their browser asks for."""
    chosen = mine().language.replace("_", "-")
    return [*([chosen] if chosen else []), *request.accept_languages.values()]


def catalogues(directory: Path) -> list[str]:
    """The names of the languages that have a compiled catalogue, and English, which needs none."""
    return [SOURCE, *sorted(path.parent.parent.name for path in directory.glob("*/LC_MESSAGES/messages.mo"))]


def choose(wanted: Iterable[str], spoken: tuple[str, ...]) -> Locale:
    """The first of the *wanted* tags (`de-AT`) that is spoken, with its region: dates are written as there."""
    for tag in wanted:
        if found := _spoken(tag[:35], spoken):
            return found
    return Locale.parse(SOURCE)


@lru_cache(maxsize=512)
def _spoken(tag: str, spoken: tuple[str, ...]) -> Locale | None:
    try:
        wanted = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return None
    for name in spoken:
        catalogue = Locale.parse(name)
        if catalogue == wanted:
            return wanted
        if catalogue.language == wanted.language and catalogue.script in {None, wanted.script}:
            # gettext looks for pt_BR, then for pt: only a catalogue of another region has to be named.
            return wanted if catalogue.territory is None else catalogue
    return None


def _zone() -> str:
    """The reader's time zone as Babel takes it: pytz's names are not quite the system's."""
    return times.zone().key if times.zone().key in pytz.all_timezones_set else "UTC"


def _of_page() -> dict[str, str]:
    locale = get_locale() or Locale.parse(SOURCE)
    return {"language": str(locale).replace("_", "-"), "direction": locale.text_direction}
