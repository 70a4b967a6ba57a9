import pytest

from moderation.web.card.marking import Kind, Mark, marks, pieces


def marked(text, *found):
    """The marked stretches of a text, with their labels."""
    return [(piece.text, *piece.scored, *piece.listed) for piece in pieces(text, found) if piece.scored or piece.listed]


def test_a_text_without_marks_is_one_piece():
    assert [piece.text for piece in pieces("Nothing here.")] == ["Nothing here."]


def test_an_empty_text_has_no_pieces():
    assert pieces("") == []


def test_a_mark_stands_exactly_where_its_offsets_say():
    assert marked("a bad word", Mark(2, 5, "insult")) == [("bad", "insult")]


def test_offsets_count_characters_also_behind_emoji_beyond_the_first_plane():
    text = "😀👩‍👧 bad 🏴"

    assert marked(text, Mark(text.index("bad"), text.index("bad") + 3, "insult")) == [("bad", "insult")]


def test_what_an_attribute_that_is_hardly_there_rests_on_is_not_marked():
    receipt = {"scores": {"INSULT": 0.6, "SPAM": 0.02}, "spans": [[0, 4, "INSULT", 1.0], [5, 9, "SPAM", 3.0]]}

    assert marks(receipt) == [Mark(0, 4, "insult")]
    assert marks({**receipt, "scores": {"INSULT": 0.04, "SPAM": 0.02}}) == []


def test_overlapping_marks_are_cut_where_one_ends_and_lose_no_character():
    found = [Mark(0, 7, "threat"), Mark(4, 11, "insult")]

    assert marked("hang the lot", *found) == [("hang", "threat"), (" th", "threat", "insult"), ("e lo", "insult")]
    assert "".join(piece.text for piece in pieces("hang the lot", found)) == "hang the lot"


def test_a_mark_is_read_out_once_where_it_ends():
    cut = pieces("hang the lot", [Mark(0, 7, "threat"), Mark(4, 11, "insult")])

    assert [piece.ends for piece in cut] == [(), ("threat",), ("insult",), ()]


def test_the_same_word_under_two_attributes_is_one_piece():
    assert marked("bad", Mark(0, 3, "rude"), Mark(0, 3, "insult")) == [("bad", "rude", "insult")]


def test_listed_words_are_told_apart_from_scored_ones():
    (piece,) = pieces("bad", [Mark(0, 3, "rude"), Mark(0, 3, "bad", kind=Kind.LISTED)])

    assert (piece.scored, piece.listed, piece.ends) == (("rude",), ("bad",), ("rude", "listed word"))


@pytest.mark.parametrize("mark", [Mark(3, 3, "x"), Mark(5, 2, "x"), Mark(-1, 2, "x"), Mark(90, 99, "x")])
def test_a_mark_that_fits_no_character_is_left_out(mark):
    assert marked("short", mark) == []


def test_a_mark_beyond_the_end_of_a_shortened_text_stops_there():
    assert marked("a bad word"[:4], Mark(2, 5, "insult")) == [("ba", "insult")]


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\x07", "\u3164", "\U000e0041"]
)
def test_a_character_without_ink_is_shown_by_its_number(character):
    cut = pieces(f"a{character}b")

    assert [piece.text for piece in cut] == ["a", f"[U+{ord(character):04X}]", "b"]
    assert cut[1].invisible


def test_no_bidi_control_is_left_in_what_is_shown():
    shown = "".join(piece.text for piece in pieces("".join(map(chr, range(0x2000, 0x2070)))))

    assert not set(shown) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_long_run_of_invisible_characters_is_one_short_badge():
    (badge,) = pieces("\u200b\u2060" * 3000)

    assert badge.text == "[U+200B U+2060: 6000 invisible]"


def test_an_invisible_character_inside_a_marked_word_stays_under_the_mark():
    assert marked("b\u200bad", Mark(0, 4, "insult")) == [
        ("b", "insult"),
        ("[U+200B]", "insult"),
        ("ad", "insult"),
    ]


@pytest.mark.parametrize("text", ["👩\u200d👧", "می\u200cخواهم", "tab\tand\r\nline", "❤\ufe0f"])
def test_characters_that_writing_needs_are_left_alone(text):
    assert [piece.text for piece in pieces(text)] == [text]


def test_a_joiner_between_latin_letters_is_shown():
    assert len(pieces("id\u200diot")) == 3


def test_only_the_words_that_weigh_are_marked_heaviest_first():
    spans = [[0, 3, "INSULT", 1.0], [4, 7, "THREAT", 2.0], [8, 9, "TOXICITY", 0.1], [9, 10, "TOXICITY", -2.0]]

    assert [mark.label for mark in marks({"spans": spans})] == ["threat", "insult"]


def test_a_signal_without_a_place_is_not_marked():
    signals = [
        {"code": "too_many_links", "rule": "", "start": None, "end": None, "value": "9"},
        {"code": "listed_word", "rule": "bad", "start": 0, "end": 3, "value": ""},
    ]

    assert marks({"signals": signals}) == [Mark(0, 3, "bad", kind=Kind.LISTED)]


def receipt_of(*spans, decided_by="TOXICITY"):
    return {"spans": [list(span) for span in spans], "reasons": [{"code": "x", "attribute": decided_by}]}


def test_what_lowered_the_attribute_that_decided_is_marked_as_lowering():
    found = marks(receipt_of((0, 3, "TOXICITY", 2.0), (4, 7, "TOXICITY", -1.5), (8, 9, "TOXICITY", -0.5)))

    assert found == [Mark(0, 3, "rude"), Mark(4, 7, "rude", kind=Kind.LOWERED)]


def test_where_no_score_decided_nothing_is_marked_as_lowering():
    assert marks(receipt_of((0, 3, "TOXICITY", 2.0), (4, 7, "TOXICITY", -1.5), decided_by="")) == [Mark(0, 3, "rude")]
    assert marks({"spans": [[0, 3, "TOXICITY", 2.0], [4, 7, "TOXICITY", -1.5]]}) == [Mark(0, 3, "rude")]


def test_a_word_that_raised_another_score_is_not_marked_as_lowering_too():
    found = marks(receipt_of((0, 3, "TOXICITY", 2.0), (4, 7, "TOXICITY", -1.5), (4, 7, "INSULT", 1.5)))

    assert found == [Mark(0, 3, "rude"), Mark(4, 7, "insult")]


def test_a_lowering_mark_is_told_apart_and_read_out_as_such():
    (piece,) = pieces("thanks", [Mark(0, 6, "rude", kind=Kind.LOWERED)])

    assert (piece.scored, piece.lowered, piece.listed) == ((), ("rude",), ())
    assert (piece.kinds, piece.ends) == (["lowered"], ("less rude",))
