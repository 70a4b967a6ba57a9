"""Which passwords are taken, and how they are kept."""

import re

import pytest

from moderation.domain.errors import InvalidRequest
from moderation.passwords import FREQUENT, MAX_LENGTH, MIN_LENGTH, hash_password, password_fits


@pytest.mark.parametrize("password", ["123qweasdzxc", "LeaveMeAlone", "qwertyqwerty"])
def test_a_frequent_password_is_refused(password):
    with pytest.raises(InvalidRequest) as refused:
        hash_password(password)

    assert refused.value.code == "password-frequent"


def test_the_list_has_more_than_the_3000_most_frequent_that_are_long_enough():
    words = FREQUENT.read_text(encoding="utf-8").splitlines()

    assert len(set(words)) == len(words) == 10_000
    assert all(len(word) >= MIN_LENGTH and word == word.lower() for word in words)


@pytest.mark.parametrize(
    "password",
    ["moderation2026", "Moderator!!!1", "password-password", "ann.miller-2026", "example.org1234", "AnnMiller1999"],
)
def test_a_password_of_words_of_the_context_is_refused(password):
    with pytest.raises(InvalidRequest, match="first to be guessed"):
        hash_password(password, about=("ann.miller@example.org", "Ann Miller"))


@pytest.mark.parametrize(
    "password",
    [
        "a pass phrase of ann",
        "моя бабушка печёт",
        "            ",
        "🌷🌷🌷🌷🌷🌷🌷🌷🌷🌷🌷🌷",
        "moderation by the quiet river",
    ],
)
def test_any_characters_make_a_password(password):
    assert password_fits(hash_password(password, about=("ann@example.org", "Ann")), password)


def test_a_password_is_checked_to_its_last_character():
    longest = "tulips and rain " * (MAX_LENGTH // 16)
    stored = hash_password(longest)

    assert password_fits(stored, longest)
    assert not password_fits(stored, longest + "x")
    assert not password_fits(stored, longest[:-1])
    assert not password_fits(hash_password("Tulips in the rain"), "tulips in the rain")


def test_passwords_are_kept_as_argon2id_above_the_minimum():
    memory, passes = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),", hash_password("tulips in the rain")).groups()

    assert (int(memory), int(passes)) >= (19_456, 2)
