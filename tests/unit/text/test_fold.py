import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.text.fold import fold, without_surrogates

any_text = st.text(st.characters(codec=None, categories=None), max_size=200)


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("", ""),
        ("Plain ASCII.", "plain ascii."),
        ("Straße", "strasse"),
        ("CAFÉ", "cafe"),
        ("cafe\u0301", "cafe"),
        ("Ａｎｄ", "and"),
        ("𝓪𝓫𝓬", "abc"),
        ("ﬁx", "fix"),
        ("Łódź Øre Ærø", "lodz ore aero"),
        ("don’t", "don't"),
        ("a\u00adb\u200bc\u202ed\u2069e\ufefff", "abcdef"),  # soft hyphen, zero width, bidi
        ("a\x00b\x7fc", "abc"),
        ("👍\ufe0f", "👍"),
        ("z\u0301\u0302\u0303\u0304\u0305\u0306algo", "zalgo"),
        ("Ёж", "еж"),
        ("ΆΛΦΑ", "αλφα"),
        ("\u1112\u1161\u11ab", "한"),  # conjoining
        ("ｶﾞ", "ガ"),
        ("が", "が"),  # the voicing mark is no accent: か is another letter
        ("مُحَمَّد", "محمد"),
        ("हिन्दी", "हिन्दी"),
        ("ก็็็็็็็", "ก็็"),
        ("\ud800", "\ud800"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
    ],
)
def test_the_same_to_a_reader_is_the_same_after_folding(raw, folded):
    assert fold(raw).text == folded


@pytest.mark.parametrize("raw", ["a b", "1 < 2", "x\u00a0y", "我们", "…"])
def test_what_differs_to_a_reader_still_differs(raw):
    assert fold(raw).text.strip()
    assert fold(raw).text != fold(raw + "z").text


@pytest.mark.parametrize(
    ("raw", "start", "end", "covered"),
    [
        ("say Word now", 4, 8, "Word"),
        ("le café noir", 3, 7, "café"),
        ("le cafe\u0301 noir", 3, 7, "cafe\u0301"),
        ("w\u200bo\u200brd!", 0, 4, "w\u200bo\u200brd"),
        ("Straße!", 0, 7, "Straße"),
        ("ﬁx", 0, 1, "ﬁ"),
        ("🎉 ｗｏｒｄ", 2, 6, "ｗｏｒｄ"),
        ("abc", 0, 0, ""),
    ],
)
def test_span_names_the_raw_characters(raw, start, end, covered):
    begin, stop = fold(raw).span(start, end)

    assert raw[begin:stop] == covered


@given(any_text)
@example("\u0301")
@example("\ufdfa" * 3)
@example("ß\ud800\x00İ")
def test_offsets_always_stay_within_the_raw_text(raw):
    folded = fold(raw)

    assert len(folded.offsets) == len(folded.text) + 1
    assert list(folded.offsets) == sorted(folded.offsets)
    assert folded.offsets[-1] == len(raw)
    assert all(0 <= offset < len(raw) for offset in folded.offsets[:-1])


@given(any_text, st.data())
def test_every_found_piece_lies_in_the_raw_text_and_is_not_empty(raw, data):
    folded = fold(raw)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))

    begin, stop = folded.span(start, end)

    assert 0 <= begin < stop <= len(raw)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_keeps_its_places(raw):
    folded = fold(raw)

    assert [raw[offset].lower() for offset in folded.offsets[:-1]] == list(folded.text)


@pytest.mark.parametrize("raw", ["e" + "\u0301" * 20_000, "\ufdfa" * 6_600, "\ud83d" * 20_000, "\x00" * 20_000])
def test_long_hostile_text_is_folded(raw):
    assert fold(raw).offsets[-1] == len(raw)


@given(any_text)
def test_without_surrogates_keeps_the_length_and_can_be_encoded(raw):
    safe = without_surrogates(raw)

    assert len(safe) == len(raw)
    assert safe.encode("utf-8").decode("utf-8") == safe
