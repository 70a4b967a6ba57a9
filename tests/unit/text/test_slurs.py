import pytest

from moderation.text.slurs import find_slurs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Shit, what a shitty FUCK", ["Shit", "shitty", "FUCK"]),
        ("f.u.c.k and sh1t and f\u200buck", ["f.u.c.k", "sh1t", "f\u200buck"]),
        ("both bitches", ["bitches"]),
        ("An assassin in Scunthorpe studies Latin classics", []),
        ("gay, black, jewish, muslim and trans people", []),
        ("", []),
    ],
)
def test_our_own_list_is_found_as_whole_words_also_in_disguise(text, found):
    assert [text[start:end] for start, end in find_slurs([text])[0]] == found


def test_many_texts_at_once_are_each_as_alone():
    texts = ["fu", "ck", "", "Shit", "no", "x sh1t", "f\u200buck"]

    assert find_slurs(texts) == [find_slurs([text])[0] for text in texts]
    assert find_slurs([]) == []
