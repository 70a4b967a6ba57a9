"""`audit`: whether the log of what happened is whole, and what is in it."""

import json
import re
from typing import Any

import click

from moderation import audit as auditing
from moderation.audit import Chain, Expected
from moderation.cli.common import open_database
from moderation.storage.audit import OF_NO_SITE
from moderation.storage.engine import Database
from moderation.storage.sites import site_by_slug

SITE = click.option("--site", "slug", help="One blog; all, and the installation's own entries, if left out.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def audit() -> None:
    """The log of decisions, rules, settings, sign-ins and erasures, chained by hash for each blog."""


@audit.command(epilog="Example: moderation audit verify --site garden --expect garden:1204:9f2c...")
@SITE
@click.option(
    "--expect",
    "expected",
    multiple=True,
    help="A head noted earlier, as SITE:NUMBER:HASH; the service logs them as audit_head.",
)
@JSON
def verify(slug: str | None, expected: tuple[str, ...], as_json: bool) -> None:
    """Find entries, decisions and policies that were changed, removed or moved. Ends with 1 if there are any."""
    heads = [_expected(text) for text in expected]
    chains: list[Chain] = []
    with open_database() as database:
        _check_sites(database, {slug, *(head.name for head in heads)} - {None, OF_NO_SITE})
        for chain in auditing.verify(database, slug, expected=heads):
            chains.append(chain)
            if not as_json:
                _print(chain)
    findings = sum(len(chain.findings) for chain in chains)
    if as_json:
        click.echo(json.dumps({"ok": not findings, "chains": [chain.as_dict() for chain in chains]}, indent=2))
    else:
        click.echo(f"{sum(chain.number for chain in chains)} entries, {findings} findings")
    if findings:
        raise SystemExit(1)


@audit.command("list", epilog="Example: moderation audit list --site garden --limit 20")
@SITE
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@JSON
def list_(slug: str | None, limit: int, as_json: bool) -> None:
    """Print the newest entries."""
    with open_database() as database:
        _check_sites(database, {slug} - {None})
        rows: list[dict[str, Any]] = [
            {
                "at": entry.created_at.isoformat(),
                "site": name,
                "number": entry.number,
                "kind": entry.kind,
                "actor": entry.actor,
                "moderator": str(entry.moderator_id) if entry.moderator_id else None,
                "content": entry.content,
            }
            for name, entry in auditing.entries(database, slug, limit=limit)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        content = " ".join(f"{name}={value}" for name, value in (row["content"] or {}).items() if name != "sha256")
        number = row["number"] if row["number"] is not None else "-"
        click.echo(f"{row['at'][:19]}  {row['site']:20} {number:>8}  {row['kind']:12} {row['actor']:10} {content}")


def _print(chain: Chain) -> None:
    waiting = f", {chain.waiting} wait to be linked" if chain.waiting else ""
    click.echo(f"{chain.name:20} {chain.number} entries{waiting}, head {chain.hash or '-'}")
    for finding in chain.findings:
        click.echo(f"  {finding.code}: {finding.detail} {finding.row or ''}".rstrip())


def _expected(text: str) -> Expected:
    found = re.fullmatch(r"(.+):(\d+):([0-9A-Fa-f]{64})", text)
    if found is None:
        raise click.ClickException(f"{text} is no head: give SITE:NUMBER:HASH, as the service logs it.")
    return Expected(found[1], int(found[2]), found[3])


def _check_sites(database: Database, slugs: set[str | None]) -> None:
    with database.read() as session:
        for slug in slugs:
            if slug and site_by_slug(session, slug) is None:
                raise click.ClickException(f"There is no site {slug}. See: moderation site list")
