"""One thing that `doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Well or not, and what mends it."""

    about: str
    well: bool
    detail: str
    mend: str = ""
