"""Counts the links of a comment, however they are written."""

from functools import cache
from typing import Any

import re2

from moderation.text.normalise import without_surrogates

# Short on purpose: endings that are also words, file types or abbreviations ("main.py", "end.in") would turn
# a missing space into a link. `_WITH_PATH` ones count when a path follows, as in "t.me/x".
_BARE = "com|net|org|edu|gov|info|biz|xyz|eu|uk|de|fr|nl|pl|ru|ua|br|cn|jp|ch|cz|ca|au|рф|укр"
_WITH_PATH = "me|ly|be|io|co|gl|gg|to|tv|cc|us|in|it|es|se|at|ai|app|dev|link|site|shop|online|club|top|live|ws"

_LABELS = r"(?:[\pL\pN_-]+\.)+"
_DOMAIN = (
    rf"(?:{_LABELS}(?-i:{_BARE}|{_BARE.upper()})(?:(?::\d+)?/[^\s<>\"\[\]()]*|[^\pL\pN_-]|$)"
    rf"|{_LABELS}(?-i:{_WITH_PATH})/[^\s<>\"\[\]()]+)"
)
_ADDRESS = r"(?:(?:https?|ftp)://[^\s<>\"\[\]()]+|\bwww\.[\pL\pN][^\s<>\"\[\]()]*)"
_MAIL = r"(?:mailto:)?[\pL\pN_.+-]*@[\pL\pN_.-]+"

# In this order, each taking along what stands for the same link a second time. Mail addresses are no links,
# and their domains must not be taken for any.
_PARTS = (
    rf"(?P<mail><a\s[^<>]*href\s*=[\s\"']*mailto:[^<>]*>(?:[^<]*</a\s*>)?|{_MAIL})",
    r"<a\s[^<>]*href[^<>]*>(?:[^<]*</a\s*>)?",
    r"\[url(?:\s*=[^\[\]]*)?\](?:[^\[\]]*\[/url\])?",
    rf"\[[^\[\]]*\]\(\s*<?(?:{_ADDRESS}|{_DOMAIN})[^()]*\)",
    _ADDRESS,
    _DOMAIN,
)


def count_links(text: str) -> int:
    """How many links *text* has: addresses, bare domains, and HTML, BBCode or Markdown links, once each."""
    if "." not in text and "<" not in text and "[" not in text and "://" not in text:
        return 0
    return sum(match["mail"] is None for match in _links().finditer(without_surrogates(text)))


@cache
def _links() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    return re2.compile("|".join(_PARTS), options)
