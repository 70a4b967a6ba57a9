"""A made-up translation in which every word that was asked for is marked: what is not marked was never asked for."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo

from moderation.config import ROOT

_METHODS = [("moderation/web/**.py", "python"), ("moderation/web/templates/**.html", "jinja2")]
_KEYWORDS = {
    "_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2), "lazy_pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def write_catalogue(directory: Path, name: str) -> None:
    """A compiled catalogue of the language with all words that the sources have now."""
    catalog = Catalog(locale=name)
    found = extract_from_dir(
        str(ROOT / "moderation" / "web"),
        method_map=[(pattern.removeprefix("moderation/web/"), method) for pattern, method in _METHODS],
        keywords=_KEYWORDS,
    )
    for _, _, message, _, context in found:
        forms = (
            (mark(message),)
            if isinstance(message, str)
            else tuple(mark(message[1]) for _ in range(catalog.num_plurals))
        )
        catalog.add(message, forms[0] if isinstance(message, str) else forms, context=context)
    path = directory / name / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    written = io.BytesIO()
    write_mo(written, catalog)
    path.write_bytes(written.getvalue())


def mark(words: str) -> str:
    return f"⟦{words}⟧"
