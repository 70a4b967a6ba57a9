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

Each carries a stable `code`, a `title` that never changes, and a `detail` that says what to change.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of a request body (`pointer` is a JSON pointer)."""

    pointer: str
    detail: str


@dataclass(eq=False)
class ModerationError(Exception):
    detail: str = ""
    code: str = "error"
    title: str = "The request failed"

    def __str__(self) -> str:
        return self.detail or self.title


@dataclass(eq=False)
class InvalidRequest(ModerationError):
    code: str = "invalid-request"
    title: str = "The request is not valid"
    errors: list[FieldError] = field(default_factory=list)


@dataclass(eq=False)
class NotFound(ModerationError):
    code: str = "not-found"
    title: str = "There is no such thing here"


@dataclass(eq=False)
class NotSignedIn(ModerationError):
    code: str = "unauthorized"
    title: str = "A valid API key, signature or sign-in is needed"


@dataclass(eq=False)
class NotAllowed(ModerationError):
    code: str = "forbidden"
    title: str = "This is not allowed"


@dataclass(eq=False)
class KeyReused(ModerationError):
    code: str = "idempotency-key-reused"
    title: str = "The idempotency key was used with another body"
    detail: str = "Send the first body again, or use a new key for a new request."


@dataclass(eq=False)
class RateLimited(ModerationError):
    code: str = "quota-exceeded"
    title: str = "Too many requests"
    retry_after_s: int = 60

    def __post_init__(self) -> None:
        self.detail = self.detail or f"This key has asked too often in the last minute; wait {self.retry_after_s} s."


@dataclass(eq=False)
class Conflict(ModerationError):
    code: str = "conflict"
    title: str = "Something else was first"


@dataclass(eq=False)
class StillRunning(Conflict):
    code: str = "idempotency-key-running"
    title: str = "A request with this idempotency key is still running"
    detail: str = "Wait a second and send it again; the answer will be the first one's."


@dataclass(eq=False)
class IllegalTransition(Conflict):
    code: str = "illegal-transition"
    title: str = "The comment's state does not allow this"
    state: str = ""
    action: str = ""

    def __post_init__(self) -> None:
        self.detail = self.detail or f"A comment that is {self.state} cannot take the action {self.action}."


@dataclass(eq=False)
class Claimed(Conflict):
    code: str = "claimed"
    title: str = "Somebody else is looking at this comment"
    by: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        self.detail = self.detail or f"{self.by or 'Somebody'} is looking at this comment just now."


@dataclass(eq=False)
class AlreadyDecided(Conflict):
    """Two moderators met on one comment; this is the one who came second."""

    code: str = "already-decided"
    title: str = "Somebody else decided this comment first"
    by: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        self.detail = self.detail or f"{self.by or 'Somebody'} decided first: the comment is now {self.state}."
