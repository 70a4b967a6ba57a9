"""What the default policy says of a text that no site has sent."""

from dataclasses import replace

from moderation.domain.comment import Action
from moderation.domain.decision import Reason, Source, Verdict
from moderation.domain.policy import SEVERITY, Policy, decide
from moderation.domain.reading import Reading
from moderation.text.signals import find_signals

MAX_BYTES = 20_480  # a longer comment is read so far
POLICY = Policy()


def first_part(text: str) -> str:
    """As much of *text* as is read."""
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= MAX_BYTES else encoded[:MAX_BYTES].decode("utf-8", "ignore")


def verdict(text: str, reading: Reading) -> Verdict:
    """What the default policy says; a text that was not read whole is at least held."""
    read = first_part(text)
    if not any(char.isprintable() and not char.isspace() for char in read):
        empty = Reason("empty_text", Source.SYSTEM, Action.HOLD)
        return Verdict(Action.HOLD, (empty,), risk=0.5)
    said = decide(POLICY, reading, find_signals(POLICY, read))
    if read == text:
        return said
    too_long = Reason("text_too_long", Source.SYSTEM, Action.HOLD)
    action = max(said.action, Action.HOLD, key=SEVERITY.__getitem__)
    return replace(said, action=action, reasons=(*said.reasons, too_long))
