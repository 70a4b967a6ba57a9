"""Secrets that must be read back (to sign with) are encrypted with a key from outside the database."""

import base64
import hashlib

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
