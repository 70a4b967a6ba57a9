"""Secrets that must be read back (to sign with) are encrypted with a key from outside the database; so are links."""

import base64
import binascii
import hashlib
import hmac
import uuid

from cryptography.fernet import Fernet, InvalidToken


class WrongSecretKey(Exception):
    """A stored secret cannot be opened: MODERATION_SECRET_KEY is not the one it was stored with."""


def _cipher(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"webhook-secrets:" + secret_key.encode()).digest()))


def encrypt(secret: str, secret_key: str) -> bytes:
    return _cipher(secret_key).encrypt(secret.encode())


def decrypt(token: bytes, secret_key: str) -> str:
    """The secret again.

    Raises:
        WrongSecretKey: the key is another one than that of `encrypt`.
    """
    try:
        return _cipher(secret_key).decrypt(token).decode()
    except InvalidToken as error:
        raise WrongSecretKey(str(WrongSecretKey.__doc__)) from error


TAG_BYTES = 16


def status_token(comment_id: uuid.UUID, secret_key: str) -> str:
    """The word in a commenter's link: the comment's key, and a proof that we made the link."""
    tagged = comment_id.bytes + _status_tag(comment_id, secret_key)
    return base64.urlsafe_b64encode(tagged).decode().rstrip("=")


def comment_of_token(token: str, secret_key: str) -> uuid.UUID | None:
    """The comment that a link is about; None for a link that is not ours."""
    try:
        tagged = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(tagged) != 16 + TAG_BYTES:
        return None
    comment_id = uuid.UUID(bytes=tagged[:16])
    is_ours = hmac.compare_digest(tagged[16:], _status_tag(comment_id, secret_key))
    return comment_id if is_ours else None


def _status_tag(comment_id: uuid.UUID, secret_key: str) -> bytes:
    key = hashlib.sha256(b"status-links:" + secret_key.encode()).digest()
    return hmac.digest(key, comment_id.bytes, "sha256")[:TAG_BYTES]
