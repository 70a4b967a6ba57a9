"""Every error the service raises on purpose.

ModerationError
├── InvalidRequest          the caller sent something we cannot take (`code` says what)
├── NotFound                no such thing, or not yours
├── Conflict                somebody or something else was first
│   ├── IllegalTransition   the comment's state does not allow it
│   ├── AlreadyDecided      another moderator decided meanwhile
│   ├── Claimed             another moderator is looking at it just now
│   └── StillRunning        the same idempotency key is being worked on
├── KeyReused               an idempotency key came back with another body
├── RateLimited             one key asks too often
├── NotAllowed              known, but not permitted
└── NotSignedIn             no valid key, signature or session

Each carries a stable `code`, a `title` that never changes, and a `detail` that says what to change: a sentence
with a place for each of its `values`, so that a page can say it in another language. A value that is a member of an
enumeration is a word of ours, and said so, too; any other is a name or a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.domain.words import N_


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of a request body (`pointer` is a JSON pointer)."""

    pointer: str
    detail: str


@dataclass(eq=False)
class ModerationError(Exception):
    detail: str = ""
    code: str = "error"
    title: str = N_("The request failed")
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(str)

    def said(self, say: Callable[[str], str]) -> str:
        """In the words of a language, which *say* knows."""
        sentence = say(self.detail or self.title)
        values = {
            name: say(value.value) if isinstance(value, StrEnum) else value for name, value in self.values.items()
        }
        return sentence % values if values else sentence


@dataclass(eq=False)
class InvalidRequest(ModerationError):
    code: str = "invalid-request"
    title: str = N_("The request is not valid")
    errors: list[FieldError] = field(default_factory=list)


@dataclass(eq=False)
class NotFound(ModerationError):
    code: str = "not-found"
    title: str = N_("There is no such thing here")


@dataclass(eq=False)
class NotSignedIn(ModerationError):
    code: str = "unauthorized"
    title: str = N_("A valid API key, signature or sign-in is needed")


@dataclass(eq=False)
class NotAllowed(ModerationError):
    code: str = "forbidden"
    title: str = N_("This is not allowed")


@dataclass(eq=False)
class KeyReused(ModerationError):
    code: str = "idempotency-key-reused"
    title: str = N_("The idempotency key was used with another body")
    detail: str = N_("Send the first body again, or use a new key for a new request.")


@dataclass(eq=False)
class RateLimited(ModerationError):
    code: str = "quota-exceeded"
    title: str = N_("Too many requests")
    retry_after_s: int = 60

    def __post_init__(self) -> None:
        if not self.detail:
            self.detail = "This key has asked too often in the last minute; wait %(seconds)d s."
            self.values = {"seconds": self.retry_after_s}


@dataclass(eq=False)
class Conflict(ModerationError):
    code: str = "conflict"
    title: str = N_("Something else was first")


@dataclass(eq=False)
class StillRunning(Conflict):
    code: str = "idempotency-key-running"
    title: str = N_("A request with this idempotency key is still running")
    detail: str = N_("Wait a second and send it again; the answer will be the first one's.")


@dataclass(eq=False)
class IllegalTransition(Conflict):
    code: str = "illegal-transition"
    title: str = N_("The comment's state does not allow this")
    state: str = ""
    action: str = ""

    def __post_init__(self) -> None:
        if not self.detail:
            self.detail = N_("A comment that is %(state)s cannot take the action %(action)s.")
            self.values = {"state": self.state, "action": self.action}


@dataclass(eq=False)
class Claimed(Conflict):
    code: str = "claimed"
    title: str = N_("Somebody else is looking at this comment")
    by: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not self.detail:
            known, unknown = (
                N_("%(name)s is looking at this comment just now."),
                N_("Somebody is looking at this comment just now."),
            )
            self.detail = known if self.by else unknown
            self.values = {"name": self.by}


@dataclass(eq=False)
class AlreadyDecided(Conflict):
    """Two moderators met on one comment; this is the one who came second."""

    code: str = "already-decided"
    title: str = N_("Somebody else decided this comment first")
    by: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        if not self.detail:
            known, unknown = (
                N_("%(name)s decided first: the comment is now %(state)s."),
                N_("Somebody decided first: the comment is now %(state)s."),
            )
            self.detail = known if self.by else unknown
            self.values = {"name": self.by, "state": self.state}
