"""What a reader sees of a comment in HTML, also of what is none."""

import pytest

from moderation.text.markup import plain_text


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>You <b>kind</b> soul</p><p>&amp; you</p>", "You kind soul\n& you"),
        ('<a href="https://spam.example">here</a>', "here (https://spam.example)"),
        ("a<script>b</script>c", "ac"),
        ("1 < 2", "1 < 2"),
        ("before <![?( x> after", "before  after"),
        ("before <!doctype html> after", "before  after"),
    ],
)
def test_words_of_markup(markup, words):
    assert plain_text(markup) == words


@pytest.mark.parametrize(
    "markup", ["kind <![?(t", "kind <![", "kind <!", "kind <![CDATA[", "kind <?", "kind </", "kind &#"]
)
def test_markup_that_ends_in_the_middle_keeps_what_stands_before(markup):
    assert plain_text(markup).startswith("kind")
