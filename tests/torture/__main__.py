"""`make torture`: what was answered 2xx is never lost, whatever happens. Ends with 1 if it is."""

import json
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.postgres import Cluster, find_postgres
from tests.torture.checking import Report
from tests.torture.hazards import HAZARDS
from tests.torture.kills import kill_again_and_again


@click.command(epilog="Example: python -m tests.torture --kills 200 --database sqlite")
@click.option("--kills", default=200, show_default=True, help="How many, on each database.")
@click.option(
    "--database", "which", default="both", type=click.Choice(["sqlite", "postgres", "both"]), show_default=True
)
@click.option("--seed", default=1, show_default=True, help="Of the moments and requests; timing varies all the same.")
@click.option(
    "--hazards/--no-hazards", default=True, show_default=True, help="Also full disks, lost databases, clocks."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(kills: int, which: str, seed: int, hazards: bool, as_json: bool) -> None:
    """Kill a real service and worker while blogs use them, and compare what was promised with what is there."""
    rows, total = [], Report()
    for name in ("sqlite", "postgres") if which == "both" else (which,):
        for what, happened, report in _torture(name, kills, seed, hazards):
            rows.append({"database": name, "what": what, "happened": happened, **_figures(report)})
            total.add(report)
            _progress(f"{name}: {what}: {len(report.lost)} lost, {len(report.wrong)} wrong")
    if as_json:
        click.echo(json.dumps({"rows": rows, "lost": total.lost, "wrong": total.wrong}, indent=1))
    else:
        click.echo(table(rows))
    for line in (total.lost + total.wrong)[:50]:
        click.echo(line, err=True)
    click.echo(f"lost: {len(total.lost)}, otherwise wrong: {len(total.wrong)}", err=as_json)
    sys.exit(1 if total.lost or total.wrong else 0)


def _torture(name: str, kills: int, seed: int, hazards: bool):
    with tempfile.TemporaryDirectory(prefix="moderation-torture-") as folder:
        if name == "sqlite":
            yield from _all(Path(folder), None, kills, seed, hazards)
            return
        binaries = find_postgres()
        if binaries is None:
            raise click.ClickException("PostgreSQL's initdb is not installed; or take --database sqlite.")
        with Cluster(binaries, durable=True) as cluster:
            yield from _all(Path(folder), cluster, kills, seed, hazards)


def _all(folder: Path, cluster: Cluster | None, kills: int, seed: int, hazards: bool):
    def place(name: str) -> tuple[Path, str]:
        home = folder / name
        return home, cluster.create_database(name) if cluster else f"sqlite:///{home / 'moderation.db'}"

    if kills:
        began = time.monotonic()
        made, report = kill_again_and_again(*place("kills"), kills, seed, show=_progress)
        report.counts["seconds"] = round(time.monotonic() - began)
        for kind, count in made.items():
            _progress(f"{count} kills: {kind}")
        yield f"{kills} kills", ", ".join(f"{count} {kind}" for kind, count in made.items()), report
    for number, (what, hazard) in enumerate(HAZARDS if hazards else []):
        happened, report = hazard(*place(f"hazard{number}"), cluster)
        yield what, happened, report


def _figures(report: Report) -> dict:
    return {**report.counts, "lost": len(report.lost), "wrong": len(report.wrong)}


def table(rows: list[dict]) -> str:
    """A Markdown table, which reads well on a terminal too."""
    columns = {
        "database": "database",
        "what happened": "what",
        "comments answered 2xx": "acknowledged comments",
        "decisions answered 2xx": "acknowledged decisions",
        "events": "events",
        "came twice": "events that came more than once",
        "requests cut off": "requests that were cut off",
        "audit log": "audit entries",
        "lost": "lost",
        "wrong": "wrong",
        "in detail": "happened",
    }
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
        *("| " + " | ".join(str(row.get(key, 0)) for key in columns.values()) + " |" for row in rows),
    ]
    return "\n".join(lines)


def _progress(line: str) -> None:
    click.echo(f"[{time.strftime('%H:%M:%S')}] {line}", err=True)


if __name__ == "__main__":
    main()
