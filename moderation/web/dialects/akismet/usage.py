"""What a key was used for, and what else the plugins ask about it."""

import csv
import io
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g

from moderation.storage import akismet
from moderation.storage.tables import AkismetUsage
from moderation.storage.types import utc_now
from moderation.web.dialects.akismet import answers
from moderation.web.dialects.akismet.fields import fields, key
from moderation.web.dialects.akismet.routes import call
from moderation.web.services import services

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
DEFAULT_LIMIT = 500
CSV_HEAD = ["Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked"]


def month_of(now: datetime) -> str:
    return f"{now:%Y-%m}"


@call("usage-limit", "GET", "POST")
def usage_limit() -> Response:
    """This month's checks; there is no limit to them."""
    with services().database.read() as session:
        row = akismet.usage(session, g.site.id, month_of(utc_now()))
    checks = row.spam + row.ham if row else 0
    return answers.compact({"limit": "none", "usage": checks, "percentage": "0.00", "throttled": False})


@call("key-sites", "GET", "POST")
def key_sites() -> Response:
    """A month's counts of the one site that a key is for, as JSON or CSV."""
    sent = fields()
    month = sent.get("month", "")
    month = month if MONTH.fullmatch(month) else month_of(utc_now())
    limit, offset = _number(sent.get("limit"), DEFAULT_LIMIT), _number(sent.get("offset"), 0)
    with services().database.read() as session:
        row = akismet.usage(session, g.site.id, month)
    rows = [_row(row)] if row and sent.get("filter", "").lower() in _site_name() else []
    page = rows[offset : offset + limit]
    if sent.get("format", "").lower() == "csv":
        return _as_csv(month, page, limit, offset, len(rows))
    return answers.compact({month: page, "limit": limit, "offset": offset, "total": len(rows)})


@call("deactivate", "POST")
def deactivate() -> Response:
    """The plugin was switched off. The key stays: its owner ends it, not a blog that may come back."""
    return answers.plain("deactivated")


@call("get-subscription", "POST")
def get_subscription() -> Response:
    """What the plugin's settings page looks for."""
    return answers.compact(
        {
            "account_id": g.site.id.int % 10**9,  # Akismet's own client for PHP takes a number alone
            "account_name": g.site.name,
            "account_type": "self-hosted",
            "status": "active",
            "next_billing_date": 0,
            "limit_reached": False,
        }
    )


@call("get-stats", "POST")
@call("get-key-stats", "POST")  # as Akismet's own client for PHP calls it
def get_stats() -> Response:
    """All counts of the site, and the share of checks that nobody contradicted."""
    with services().database.read() as session:
        total = akismet.total(session, g.site.id)
    checks, wrong = total["spam"] + total["ham"], total["missed_spam"] + total["false_positives"]
    accuracy = 100 * max(0, checks - wrong) / checks if checks else 0
    counts = {name: str(value) for name, value in total.items()}
    return answers.compact({**counts, "accuracy": f"{accuracy:.2f}", "time_saved": 0, "breakdown": {}})


def _row(row: AkismetUsage) -> dict[str, Any]:
    return {
        "site": _site_name(),
        "api_calls": str(row.spam + row.ham),
        "spam": str(row.spam),
        "ham": str(row.ham),
        "missed_spam": str(row.missed_spam),
        "false_positives": str(row.false_positives),
        "is_revoked": False,
    }


def _site_name() -> str:
    """The registered blog's host, or the site's short name."""
    return urlsplit(g.akismet_key.blog).hostname or str(g.site.slug)


def _as_csv(month: str, rows: list[dict[str, Any]], limit: int, offset: int, total: int) -> Response:
    out = io.StringIO()
    out.write(f"Active sites for {key()} during {month} (limit:{limit}, offset: {offset}, total: {total})\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEAD)
    writer.writerows([*list(row.values())[:-1], str(row["is_revoked"]).lower()] for row in rows)
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8")


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else default
