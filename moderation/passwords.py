"""Passwords of moderators: argon2id, and a rule about length alone."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from moderation.domain.errors import InvalidRequest

MIN_LENGTH, MAX_LENGTH = 12, 1024

_hasher = PasswordHasher()  # argon2id; its defaults are above OWASP's minimum
# Checked when there is no such account, so that a refusal takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """A salted hash.

    Raises:
        InvalidRequest: the password is too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        detail = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters; any are allowed."
        raise InvalidRequest(detail, code="password-length")
    return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether *password* is the one behind *stored*; None stands for an account that does not exist."""
    try:
        fits = _hasher.verify(stored or _NOBODY, password[:MAX_LENGTH])
    except (Argon2Error, InvalidHashError):
        return False
    return fits and stored is not None


def make_password() -> str:
    """A random one for a first sign-in."""
    return secrets.token_urlsafe(12)
