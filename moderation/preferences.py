"""What a moderator chose for their own eyes and hands."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from moderation.domain.errors import FieldError, InvalidRequest
from moderation.domain.reading import ATTRIBUTES
from moderation.storage.engine import Database
from moderation.storage.tables import Moderator


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("there is no such time zone") from error
    return name


def _attribute(name: str) -> str:
    if name not in ATTRIBUTES:
        raise ValueError("there is no such attribute")
    return name


def _each_key_once(keys: dict[str, str]) -> dict[str, str]:
    if len(set(keys.values())) < len(keys):
        raise ValueError("each key may do one thing")
    return keys


Key = Annotated[str, Field(pattern=r"^[!-~]$")]


class Preferences(BaseModel):
    """`keys` moves actions to other keys; those it leaves out keep theirs. `opted_out` attributes are not shown
    to this moderator in queues. `mask` covers slurs until the card is focused, or they are asked for.
    No `time_zone` means UTC, and no `language` the one that the browser asks for; mails are in English then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys_on: bool = True
    keys: Annotated[dict[Annotated[str, Field(max_length=30)], Key], AfterValidator(_each_key_once)] = {}
    mask: bool = True
    spread_hard: bool = True
    opted_out: list[Annotated[str, AfterValidator(_attribute)]] = []
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = "UTC"
    language: Annotated[str, Field(max_length=35)] = ""
    theme: Literal["system", "light", "dark"] = "system"


def read(moderator: Moderator) -> Preferences:
    """The moderator's preferences; what an older version stored and nobody knows any more is left out."""
    known = {name: value for name, value in moderator.preferences.items() if name in Preferences.model_fields}
    try:
        return Preferences.model_validate(known)
    except ValidationError:
        return Preferences()


def change(database: Database, moderator: Moderator, **changes: Any) -> Preferences:
    """Change some of them.

    Raises:
        InvalidRequest: one cannot be so; every fault has its place.
    """
    with database.write() as session:
        row = session.get_one(Moderator, moderator.id, with_for_update=True)
        try:
            chosen = Preferences.model_validate({**read(row).model_dump(), **changes})
        except ValidationError as error:
            faults = [
                FieldError("/" + "/".join(map(str, fault["loc"])), fault["msg"])
                for fault in error.errors(include_url=False, include_input=False, include_context=False)
            ]
            detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
            raise InvalidRequest(detail, code="preferences-invalid", errors=faults) from error
        session.execute(sa.update(Moderator).where(Moderator.id == row.id).values(preferences=chosen.model_dump()))
        return chosen
