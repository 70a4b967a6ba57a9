"""Secrets that are read back are sealed: AES-256-GCM now, Fernet before."""

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet

from moderation.storage.secrets import WrongSecretKey, decrypt, encrypt

KEY = "k" * 43


def test_a_secret_comes_back_and_is_sealed_differently_each_time():
    first, second = encrypt("whsec_tulips", KEY), encrypt("whsec_tulips", KEY)

    assert first != second
    assert b"tulips" not in first
    assert decrypt(first, KEY) == decrypt(second, KEY) == "whsec_tulips"


def test_secrets_of_the_older_kind_are_still_read():
    key = base64.urlsafe_b64encode(hashlib.sha256(b"webhook-secrets:" + KEY.encode()).digest())

    assert decrypt(Fernet(key).encrypt(b"whsec_tulips"), KEY) == "whsec_tulips"


@pytest.mark.parametrize("place", range(0, 41, 4))
def test_a_changed_secret_is_not_opened(place):
    sealed = bytearray(encrypt("whsec_tulips", KEY))
    sealed[place] ^= 1

    with pytest.raises(WrongSecretKey):
        decrypt(bytes(sealed), KEY)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01short", b"gAAAAA", "ü".encode()])
def test_what_is_no_secret_is_not_opened(sealed):
    with pytest.raises(WrongSecretKey):
        decrypt(sealed, KEY)


def test_another_key_opens_nothing():
    with pytest.raises(WrongSecretKey):
        decrypt(encrypt("whsec_tulips", KEY), "K" * 43)
