"""Addresses that look as if they led elsewhere."""

import pytest

from moderation.web.card.marking import pieces
from moderation.web.card.targets import targets


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://bank.example@evil.example/login now", ["evil.example"]),
        ("https://p\u0430ypal.example/", ["xn--pypal-4ve.example"]),
        ("www.b\u00fccher.example", ["www.xn--bcher-kva.example"]),
        ("https://plain.example/@ann?a=b@c http://www.example.org", []),
        ("http://[broken www.@@", []),
        ("https://a\u200bb.example", ["ab.example"]),
        ("https://" + "\u0430" * 300, ["\\u0430" * 42 + "\\"]),
        ("mail me: ann@example.org", []),
    ],
)
def test_a_host_that_is_hidden_is_named_as_the_network_knows_it(text, hosts):
    assert [mark.label for mark in targets(text)] == hosts


def test_the_host_stands_where_the_address_ends_and_no_character_is_lost():
    text = "go https://bank.example@evil.example/\u202e now"

    cut = pieces(text, targets(text))

    assert [piece.target for piece in cut if piece.target] == ["evil.example"]
    assert "".join(piece.text for piece in cut) == text.replace("\u202e", "[U+202E]")
