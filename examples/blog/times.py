"""How the templates write times: in the time zone of this machine."""

import time
from datetime import UTC, datetime


def day(date: str) -> str:
    parsed = datetime.fromisoformat(date)
    return f"{parsed.day} {parsed:%B %Y}"


def moment(seconds: float) -> str:
    local = local_time(seconds)
    return f"{local.day} {local:%B %Y, %H:%M}"


def clock(seconds: float) -> str:
    """Just the hour when it was today."""
    local = local_time(seconds)
    return f"{local:%H:%M}" if local.date() == local_time(time.time()).date() else moment(seconds)


def iso(seconds: float) -> str:
    return local_time(seconds).isoformat(timespec="seconds")


def local_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone()


FILTERS = {"day": day, "moment": moment, "clock": clock, "iso": iso}
