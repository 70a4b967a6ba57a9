import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.domain.comment import Action
from moderation.domain.errors import InvalidRequest
from moderation.domain.policy import Policy, Rule, decide
from moderation.domain.reading import Reading
from moderation.domain.signals import Signal, SignalCode
from moderation.text.signals import MAX_SIGNALS, find_signals

GERMAN = "Ich finde den Artikel sehr gelungen. Mein Großvater hat uns früher oft davon erzählt."
any_text = st.text(st.characters(codec=None, categories=None), max_size=200)
harmless = Reading(scores={}, spans=(), model="none")


def codes(policy, text, language=""):
    return [signal.code.value for signal in find_signals(policy, text, language)]


def test_ordinary_comment_has_no_signals():
    assert find_signals(Policy(), "I read this with interest, thank you.", "en") == ()


def test_listed_word_is_reported_where_it_stands():
    policy = Policy(words=(Rule("idiot"), Rule("fool")))

    assert find_signals(policy, "An ÍDIOT, what an idiot") == (Signal(SignalCode.LISTED_WORD, "idiot", 3, 8),)


def test_pattern_is_reported_where_it_stands():
    policy = Policy(patterns=(Rule("free +money"),))

    assert find_signals(policy, "🎉 FREE money") == (Signal(SignalCode.PATTERN, "free +money", 2, 12),)


def test_the_same_pattern_twice_is_reported_once():
    assert codes(Policy(patterns=(Rule("spam"), Rule("spam"))), "spam") == ["pattern"]


@pytest.mark.parametrize(
    ("max_links", "text", "found"),
    [
        (1, "a.com b.com", True),
        (2, "a.com b.com", False),
        (0, "a.com", True),
        (0, "none", False),
        (None, "a.com " * 50, False),
    ],
)
def test_only_more_links_than_allowed_are_too_many(max_links, text, found):
    assert ("too_many_links" in codes(Policy(max_links=max_links), text)) is found


def test_too_many_links_say_how_many():
    (signal,) = find_signals(Policy(max_links=1), "a.com b.com c.com")

    assert signal == Signal(SignalCode.TOO_MANY_LINKS, value="3")


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("de", "I read this with interest.", "de"),
        ("de-AT", "lol", "de"),
        ("", GERMAN, "de"),
        ("en", GERMAN, "de"),
        ("en-US", GERMAN, "de"),
        ("und", GERMAN, "de"),
    ],
)
def test_unsupported_language_is_reported(declared, text, value):
    (signal,) = find_signals(Policy(languages=("en",)), text, declared)

    assert signal == Signal(SignalCode.LANGUAGE_UNSUPPORTED, value=value)


@pytest.mark.parametrize(
    ("languages", "declared", "text"),
    [
        (("en",), "en", "lol"),
        (("en",), "EN_us", "I read this with interest."),
        (("en-GB",), "en-US", "I read this with interest."),
        (("en",), "und", "lol"),
        (("en",), "English", "lol"),
        (("en", "de"), "de", GERMAN),
        (("en", "de"), "en", GERMAN),
        ((), "de", GERMAN),
    ],
)
def test_supported_language_is_not_reported(languages, declared, text):
    assert find_signals(Policy(languages=languages), text, declared) == ()


def test_many_findings_are_cut_without_losing_the_strictest():
    mild = tuple(Rule(f"mild{number}") for number in range(40))
    policy = Policy(words=(*mild, Rule("worst", Action.REJECT)), max_links=0)
    text = " ".join(rule.match for rule in mild) + " worst a.com"

    signals = find_signals(policy, text)

    assert len(signals) == MAX_SIGNALS
    assert SignalCode.TOO_MANY_LINKS in {signal.code for signal in signals}
    assert decide(policy, harmless, signals).action is Action.REJECT


def test_policy_with_an_impossible_pattern_is_not_silently_ignored():
    with pytest.raises(InvalidRequest):
        find_signals(Policy(patterns=(Rule("(?=x)"),)), "x")


@given(any_text, any_text, st.lists(any_text, max_size=4))
def test_any_text_gets_its_signals(text, language, words):
    policy = Policy(words=tuple(map(Rule, words)), patterns=(Rule("a+b"),), max_links=0)

    signals = find_signals(policy, text, language)

    assert len(signals) <= MAX_SIGNALS
    for signal in signals:
        assert signal.start is None or 0 <= signal.start < signal.end <= len(text)


@pytest.mark.parametrize("piece", ["a@", "<a ", "[", "\ud800", "\x00", "\u0301", "\ufdfa", "ж", "日", "w", "a b "])
def test_longest_hostile_comment_gets_its_signals(piece):
    policy = Policy(words=(Rule("a b a"),), patterns=(Rule("(a+)+$"),))

    assert len(find_signals(policy, piece * (20_000 // len(piece)))) <= MAX_SIGNALS
