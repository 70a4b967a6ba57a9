from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.domain.errors import InvalidRequest
from moderation.text.patterns import MAX_PATTERN_LENGTH, PatternMatch, compile_pattern, find_patterns

any_text = st.text(st.characters(codec=None, categories=None), max_size=100)


@pytest.mark.parametrize(
    ("pattern", "text", "covered"),
    [
        (r"free\s+crypto", "Get FREE  Crypto!", "FREE  Crypto"),
        ("ärger", "großer ÄRGER 🎉", "ÄRGER"),
        ("дурак", "🎉🎉 ДУРАК", "ДУРАК"),
        (r"\d{3}", "日本 123", "123"),
        (r"^http", "http://x", "http"),
        (r"a|b", "xb", "b"),
        (r"\\C", "a \\C b", "\\C"),
        (r"(?-i:BUY)", "buy BUY", "BUY"),
        (r"x", "\ud800x", "x"),
        (r"\p{Han}+", "see 漢字 there", "漢字"),
    ],
)
def test_match_is_given_in_raw_characters(pattern, text, covered):
    (match,) = find_patterns(text, [pattern])

    assert match.pattern == pattern
    assert text[match.start : match.end] == covered


def test_first_match_of_each_pattern_is_given_in_their_order():
    assert find_patterns("b a a", ["a", "c", "b"]) == [PatternMatch("a", 2, 3), PatternMatch("b", 0, 1)]


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("a" * (MAX_PATTERN_LENGTH + 1), "Split"),
        ("(a", "missing )"),
        ("[b-a]", "b-a"),
        ("*a", "repetition"),
        ("a{2000}", "2000"),
        (r"\pL{900}\pL{900}", "memory"),
        ("foo(?=bar)", "ahead or behind"),
        ("foo(?!bar)", "ahead or behind"),
        ("(?<=foo)bar", "ahead or behind"),
        ("(?<!foo)bar", "ahead or behind"),
        (r"(a)\1", "refers back"),
        (r"(?P<x>a)(?P=x)", "refers back"),
        ("x*", "required"),
        ("(spam)?", "required"),
        ("^", "required"),
        ("$", "required"),
        (r"\b", "required"),
        ("a|", "required"),
        (r"\C", "dot"),
        ("\ud800", "half of a character"),
    ],
)
def test_pattern_is_refused_with_what_to_change(pattern, advice):
    with pytest.raises(InvalidRequest) as refusal:
        compile_pattern(pattern)

    assert refusal.value.code == "invalid-pattern"
    assert advice in refusal.value.detail


def test_refusal_writes_nothing_to_standard_error(capfd):
    with pytest.raises(InvalidRequest):
        compile_pattern("(((")

    assert capfd.readouterr() == ("", "")


def test_longest_allowed_pattern_is_taken():
    assert find_patterns("a" * MAX_PATTERN_LENGTH, ["a" * MAX_PATTERN_LENGTH])


def test_pattern_that_ruins_backtracking_engines_does_not_stop_us():
    assert find_patterns("a" * 20_000 + "!", [r"(a+)+$"]) == []


@given(any_text, any_text)
def test_any_text_is_a_pattern_or_is_refused(pattern, text):
    with suppress(InvalidRequest):
        for match in find_patterns(text, [pattern]):
            assert 0 <= match.start <= match.end <= len(text)
