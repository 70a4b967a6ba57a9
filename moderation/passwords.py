"""Passwords of moderators: argon2id, a rule about length, and none that everybody tries first."""

import functools
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from moderation.domain.errors import InvalidRequest

MIN_LENGTH, MAX_LENGTH = 12, 1024
# A password that was made for somebody is good for so long, and only to choose another.
FIRST_PASSWORD = timedelta(days=7)
# The 10,000 most frequent of at least MIN_LENGTH characters in leaked lists, in small letters (SecLists, MIT licence).
FREQUENT = Path(__file__).with_name("common_passwords.txt")
# Words that say nothing here, and how many letters have to be there beside them.
WORDS = ("moderation", "moderator", "comments", "comment", "password", "passwort")
OWN_LETTERS = 8
_PARTS = re.compile(r"[\W_]+")
_SHORTEST_PART = 3

_hasher = PasswordHasher()  # argon2id; its defaults are above OWASP's minimum
# Checked when there is no such account, so that a refusal takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str, *, about: Iterable[str] = ()) -> str:
    """A salted hash. *about* is what others know of its owner: the address, the name.

    Raises:
        InvalidRequest: the password is too short, too long, or among the first to be guessed.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        detail = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters; any are allowed."
        raise InvalidRequest(detail, code="password-length")
    if _is_guessed_first(password.lower(), about):
        detail = "That password is one of the first to be guessed. A few words that do not belong together are better."
        raise InvalidRequest(detail, code="password-frequent")
    return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether *password* is the one behind *stored*; None stands for an account that does not exist."""
    if len(password) > MAX_LENGTH:
        password, stored = "", None  # it is nobody's, and takes no longer than others
    try:
        fits = _hasher.verify(stored or _NOBODY, password)
    except (Argon2Error, InvalidHashError):
        return False
    return fits and stored is not None


def make_password() -> str:
    """A random one for a first sign-in."""
    return secrets.token_urlsafe(12)


def _is_guessed_first(password: str, about: Iterable[str]) -> bool:
    if password in _frequent():
        return True
    known = {*WORDS, *(part for text in about for part in _PARTS.split(text.lower()) if len(part) >= _SHORTEST_PART)}
    left = password
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left) < OWN_LETTERS and left != password


@functools.cache
def _frequent() -> frozenset[str]:
    return frozenset(FREQUENT.read_text(encoding="utf-8").splitlines())
