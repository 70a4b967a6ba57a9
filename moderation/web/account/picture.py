"""The picture of a two-step key: a QR code, drawn as one path of a vector picture."""

from dataclasses import dataclass

import segno

QUIET = 4  # modules of empty ground on each side, without which apps do not find the code


@dataclass(frozen=True, slots=True)
class Picture:
    """`path` has a unit square for each dark module; `view` is the part to show, with the quiet zone."""

    path: str
    view: str


def picture(address: str) -> Picture:
    rows = segno.make_qr(address, error="m").matrix
    side = len(rows) + 2 * QUIET
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return Picture("".join(dark), f"{-QUIET} {-QUIET} {side} {side}")
