"""Where an address in a comment really leads, if it looks as if it led elsewhere."""

import re
from urllib.parse import urlsplit

from moderation.web.card.marking import Kind, Mark

_ADDRESS = re.compile(r"(?:\b[a-z][a-z+.-]{1,10}://|\bwww\.)[^\s<>\"]+", re.IGNORECASE)
_LONGEST_HOST = 253


def targets(text: str) -> list[Mark]:
    """The addresses that hide their host before an @ or behind letters of another script, each with that host."""
    if "://" not in text and "www." not in text.casefold():
        return []
    found = ((match, _hidden_host(match.group())) for match in _ADDRESS.finditer(text))
    return [Mark(match.start(), match.end(), host, Kind.LINK) for match, host in found if host]


def _hidden_host(address: str) -> str:
    """The host in the letters that the network knows it by; nothing where it is plain to see."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    if not host or (host.isascii() and "@" not in parts.netloc):
        return ""
    try:
        known_as = host.encode("idna").decode("ascii")
    except UnicodeError:
        known_as = host.encode("ascii", "backslashreplace").decode("ascii")
    return known_as[:_LONGEST_HOST]
