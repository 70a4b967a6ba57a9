"""The dashboard's single keys: the help and the script both read this one table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """`does` is what the script looks for: what carries that `data-does`, or one of its own movements."""

    key: str
    does: str
    help: str


KEYS = (
    Key("j", "next", "Go to the next comment"),
    Key("k", "previous", "Go to the previous comment"),
    Key("f", "publish", "Approve the comment"),
    Key("d", "reject", "Reject the comment"),
    Key("s", "spam", "Mark the comment as spam"),
    Key("e", "escalate", "Ask an owner to look at the comment"),
    Key("r", "words", "Choose a reason or write some words"),
    Key("o", "open", "Open the comment"),
    Key("z", "undo", "Undo the last decision"),
    Key("?", "help", "Show or hide this help"),
)
KEY_OF = {key.does: key.key for key in KEYS}
