"""How long it takes until a moderator's keys have done something on a large blog: `python -m tests.bench.deeds`.

The service runs as in production, with a database filled as after a year. Each round opens the first card of a queue,
decides it, gets the page that follows, takes the decision back, and gets the page again: the next round is the same.
"""

import json
import re
import sys
import time
from collections import defaultdict
from typing import Any

import click
import numpy as np
import urllib3

from moderation.storage.engine import Database
from tests.bench.pages import BUDGET_MS, databases, large_blog, service, signed_in

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CARD = re.compile(
    r'data-claim="/comments/(?P<id>[-0-9a-f]+)/claim".*?name="version" value="(?P<version>[0-9]+)"', re.DOTALL
)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
UNDO = re.compile(r'action="(/decisions/[-0-9a-f]+/undo)"')

Figures = dict[str, float]


@click.command(epilog="Example: python -m tests.bench.deeds --database sqlite --times 50")
@large_blog
@click.option("--times", default=50, show_default=True, help="Rounds, after three that are not counted.")
def main(times: int, as_json: bool, **where: Any) -> None:
    """Measure what a moderator does, and say what is over the budget in the median (milliseconds)."""
    result = {name: measure(url, times) for name, url in databases(**where)}
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))
    sys.exit(any(each["p50_ms"] > BUDGET_MS for figures in result.values() for each in figures.values()))


def measure(url: str, times: int) -> dict[str, Figures]:
    """The times of each deed, and of a decision with the page after it, which is what a moderator waits for."""
    database = Database(url)
    cookie = signed_in(database)
    database.dispose()
    taken: dict[str, list[float]] = defaultdict(list)
    with service(url) as (port, _):
        http = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1)
        who = _Moderator(http, cookie)
        for number in range(times + 3):
            found = who.round()
            for deed, ms in found.items() if number >= 3 else ():
                taken[deed].append(ms)
    return {
        deed: {
            "min_ms": round(min(some), 1),
            "p50_ms": round(float(np.median(some)), 1),
            "p99_ms": round(float(np.quantile(some, 0.99)), 1),
        }
        for deed, some in taken.items()
    }


class _Moderator:
    """A browser, as far as it is needed here: cookies and the forms of a page."""

    def __init__(self, http: urllib3.HTTPConnectionPool, cookie: str) -> None:
        self.http, self.cookies = http, dict([cookie.split("=", 1)])

    def round(self) -> dict[str, float]:
        _, page = self._ask("GET", "/")
        card, token = CARD.search(page), TOKEN.search(page)
        if card is None or token is None:
            raise click.ClickException("The queue has no card to decide.")
        address, signed = f"/comments/{card['id']}", {"csrf_token": token[1], "back": "/"}
        found: dict[str, float] = {}
        found["claim"], _ = self._ask("POST", f"{address}/claim", signed)
        found["approve"], _ = self._ask(
            "POST", f"{address}/decision", signed | {"version": card["version"], "action": "publish"}
        )
        found["page after it"], after = self._ask("GET", "/")
        found["approve, with the page"] = found["approve"] + found["page after it"]
        undo = UNDO.search(after)
        if undo is None:
            raise click.ClickException("The page offers no undo.")
        found["undo"], _ = self._ask("POST", undo[1], signed)
        self._ask("GET", "/")  # or what was said would be said again
        return found

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[float, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **FORM}
        headers["Accept-Encoding"] = "gzip"
        body = "&".join(f"{name}={value}" for name, value in (form or {}).items())
        start = time.perf_counter()
        answer = self.http.request(method, path, headers=headers, body=body or None, redirect=False)
        ms = (time.perf_counter() - start) * 1000
        if answer.status >= 400:
            raise click.ClickException(f"{method} {path} answers {answer.status}: {answer.data[:200]!r}")
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return ms, answer.data.decode()


def _table(result: dict[str, dict[str, Figures]]) -> str:
    lines = []
    for engine, figures in result.items():
        lines.append(f"{engine:<28}{'min':>8}{'p50':>8}{'p99':>8}")
        for deed, each in figures.items():
            lines.append(f"{deed:<28}{each['min_ms']:>8.1f}{each['p50_ms']:>8.1f}{each['p99_ms']:>8.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
