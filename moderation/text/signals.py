"""All that can be said about a comment by the site's own rules, without a classifier."""

from moderation.domain.policy import SEVERITY, Policy
from moderation.domain.signals import Signal, SignalCode
from moderation.text.language import is_supported, primary, unsupported_language
from moderation.text.links import count_links
from moderation.text.normalise import normalise
from moderation.text.patterns import find_patterns
from moderation.text.words import find_words

MAX_SIGNALS = 20
_UNKNOWN = {"und", "mul", "zxx", "mis"}  # ISO 639 for: undetermined, several, none, not coded


def find_signals(policy: Policy, text: str, language: str = "") -> tuple[Signal, ...]:
    """What *policy* finds in *text*; *language* is the one that the blog declared.

    At most the first match of each rule, and of more than MAX_SIGNALS those with the strictest consequence.

    Raises:
        InvalidRequest: the policy has a pattern that `compile_pattern` refuses.
    """
    found = [
        *_language(policy, text, language),
        *_links(policy, text),
        *_words(policy, text),
        *_patterns(policy, text),
    ]
    return tuple(found if len(found) <= MAX_SIGNALS else _strictest(policy, found))


def _language(policy: Policy, text: str, declared: str) -> list[Signal]:
    if not policy.languages:
        return []
    code: str | None = primary(declared)
    if code in _UNKNOWN or is_supported(declared, policy.languages):
        # Blogs send their own language with every comment, so a supported one says little.
        code = unsupported_language(text, policy.languages)
    return [Signal(SignalCode.LANGUAGE_UNSUPPORTED, value=code)] if code else []


def _links(policy: Policy, text: str) -> list[Signal]:
    if policy.max_links is None:
        return []
    count = count_links(text)
    return [Signal(SignalCode.TOO_MANY_LINKS, value=str(count))] if count > policy.max_links else []


def _words(policy: Policy, text: str) -> list[Signal]:
    if not policy.words:
        return []
    matches = find_words(normalise(text), tuple(rule.match for rule in policy.words))
    return [Signal(SignalCode.LISTED_WORD, match.word, match.start, match.end) for match in matches]


def _patterns(policy: Policy, text: str) -> list[Signal]:
    if not policy.patterns:
        return []
    matches = find_patterns(text, dict.fromkeys(rule.match for rule in policy.patterns))
    return [Signal(SignalCode.PATTERN, match.pattern, match.start, match.end) for match in matches]


def _strictest(policy: Policy, found: list[Signal]) -> list[Signal]:
    """Cut without changing the decision: findings that reject come first, else the order stays."""
    severity = {
        (code, rule.match): SEVERITY[rule.action]
        for code, rules in ((SignalCode.LISTED_WORD, policy.words), (SignalCode.PATTERN, policy.patterns))
        for rule in rules
    }
    default = max(SEVERITY.values())  # links and the language: never cut
    found.sort(key=lambda signal: -severity.get((signal.code, signal.rule), default))
    return found[:MAX_SIGNALS]
