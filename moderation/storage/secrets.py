"""Secrets that must be read back (to sign with) are encrypted with a key from outside the database; so are links."""

import base64
import binascii
import hashlib
import hmac
import os
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class WrongSecretKey(Exception):
    """A stored secret cannot be opened: MODERATION_SECRET_KEY is not the one it was stored with."""


AES_GCM = b"\x01"  # the first byte of what is sealed says how; Fernet's tokens, of before, begin with a letter
NONCE_BYTES = 12


def _key(purpose: bytes, secret_key: str) -> bytes:
    return hashlib.sha256(purpose + b":" + secret_key.encode()).digest()


def encrypt(secret: str, secret_key: str) -> bytes:
    """*secret* sealed with AES-256-GCM."""
    nonce = os.urandom(NONCE_BYTES)
    return AES_GCM + nonce + AESGCM(_key(b"sealed-secrets", secret_key)).encrypt(nonce, secret.encode(), AES_GCM)


def decrypt(token: bytes, secret_key: str) -> str:
    """The secret again.

    Raises:
        WrongSecretKey: the key is another one than that of `encrypt`.
    """
    try:
        if token[:1] != AES_GCM:
            fernet = Fernet(base64.urlsafe_b64encode(_key(b"webhook-secrets", secret_key)))
            return fernet.decrypt(token).decode()
        nonce, sealed = token[1 : 1 + NONCE_BYTES], token[1 + NONCE_BYTES :]
        return AESGCM(_key(b"sealed-secrets", secret_key)).decrypt(nonce, sealed, AES_GCM).decode()
    except (InvalidTag, InvalidToken, ValueError) as error:
        raise WrongSecretKey(str(WrongSecretKey.__doc__)) from error


TAG_BYTES = 16


def status_token(comment_id: uuid.UUID, secret_key: str) -> str:
    """The word in a commenter's link: the comment's key, and a proof that we made the link."""
    return _token("status-links", comment_id, secret_key=secret_key)


def comment_of_token(token: str, secret_key: str) -> uuid.UUID | None:
    """The comment that a link is about; None for a link that is not ours."""
    keys = _keys_of("status-links", token, 1, secret_key=secret_key)
    return keys[0] if keys else None


def no_mail_token(moderator_id: uuid.UUID, site_id: uuid.UUID, secret_key: str) -> str:
    """The word in the link of a mail by which its reader ends the mails about that site."""
    return _token("no-mail-links", moderator_id, site_id, secret_key=secret_key)


def membership_of_token(token: str, secret_key: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Moderator and site of such a link; None for a link that is not ours."""
    keys = _keys_of("no-mail-links", token, 2, secret_key=secret_key)
    return (keys[0], keys[1]) if keys else None


def _token(purpose: str, *keys: uuid.UUID, secret_key: str) -> str:
    content = b"".join(key.bytes for key in keys)
    return base64.urlsafe_b64encode(content + _tag(purpose, content, secret_key)).decode().rstrip("=")


def _keys_of(purpose: str, token: str, count: int, *, secret_key: str) -> list[uuid.UUID]:
    """The keys in a link that we made for *purpose*; none in any other."""
    try:
        tagged = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return []
    content, tag = tagged[: 16 * count], tagged[16 * count :]
    if len(content) != 16 * count or not hmac.compare_digest(tag, _tag(purpose, content, secret_key)):
        return []
    return [uuid.UUID(bytes=content[start : start + 16]) for start in range(0, len(content), 16)]


def _tag(purpose: str, content: bytes, secret_key: str) -> bytes:
    key = hashlib.sha256(f"{purpose}:{secret_key}".encode()).digest()
    return hmac.digest(key, content, "sha256")[:TAG_BYTES]
