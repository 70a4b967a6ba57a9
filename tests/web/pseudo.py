"""A made-up translation in which every word that was asked for is marked: what is not marked was never asked for."""

import io
import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo

from moderation.config import ROOT


def _found() -> Iterator[tuple[Any, ...]]:
    """All words of the sources, gathered as `make messages` does it."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    asked = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text())
    return extract_from_dir(
        str(ROOT / "moderation"),
        method_map=[(item["pattern"].removeprefix("moderation/"), item["method"]) for item in mappings],
        keywords={**DEFAULT_KEYWORDS, **parse_keywords(asked)},
    )


def write_catalogue(directory: Path, name: str) -> None:
    """A compiled catalogue of the language with all words that the sources have now."""
    catalog = Catalog(locale=name)
    for _, _, message, _, context in _found():
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


def untranslated(page: str, names: Collection[str] = ()) -> list[str]:
    """The words of a page that stand outside of all marks; *names* are called so in every language."""
    page = re.sub(r"<(code|pre|kbd|script|bdi|datalist)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<(\w+)[^>]* dir="auto".*?</\1>', " ", page, flags=re.DOTALL)  # what somebody wrote
    page = re.sub(r"<[^>]*>", " ", page)
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", page)) != page:
        page = shorter
    page = re.sub(r"\S+@\S+|\S+://\S+|&\w+;|comment\.\w+|\b(?:[a-z]+_)?[0-9a-f]{3,}\b", " ", page)
    return sorted(set(re.findall(r"[A-Za-z][A-Za-z’'-]{2,}", page)) - set(names))


def mark(words: str) -> str:
    return f"⟦{words}⟧"
