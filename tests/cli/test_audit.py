"""`moderation audit`: whether the log is whole, and what is in it."""

import json

import pytest
import sqlalchemy as sa

from moderation.storage import audit, sites
from moderation.storage.engine import Database
from moderation.storage.tables import AuditEntry
from tests.factories import make_comment


@pytest.fixture
def rows(environment, run):
    """A site with three comments, whose entries are linked."""
    run("site", "add", "garden")
    database = Database(f"sqlite:///{environment['MODERATION_HOME']}/moderation.db")
    with database.write() as session:
        for _ in range(3):
            make_comment(session, sites.site_by_slug(session, "garden"))
        session.flush()
        audit.link(session)
    yield database
    database.dispose()


def head(output):
    [chain] = [chain for chain in json.loads(output)["chains"] if chain["site"] == "garden"]
    return chain["entries"], chain["head"]


def test_whole_log_is_verified_and_its_heads_are_shown(run, rows):
    number, digest = head(run("audit", "verify", "--json"))

    assert number == 5  # the site, its key, three decisions
    assert f"garden               5 entries, head {digest}" in run("audit", "verify")
    run("audit", "verify", "--site", "garden", "--expect", f"garden:{number}:{digest}")


def test_what_was_tampered_with_is_named_and_the_command_fails(run, rows):
    with rows.writer.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_log_keep"))
        connection.execute(sa.update(AuditEntry).where(AuditEntry.number == 4).values(actor="blog"))

    said = run("audit", "verify", fails=True)

    assert "changed: Entry 4 was changed, or moved. audit_log " in said
    assert json.loads(run("audit", "verify", "--json", fails=True))["ok"] is False


def test_a_head_that_was_noted_and_is_no_more_fails(run, rows):
    said = run("audit", "verify", "--expect", f"garden:5:{'0' * 64}", fails=True)

    assert "not_as_noted: Entry 5 has not the hash that was noted" in said


@pytest.mark.parametrize("arguments", [["--site", "meadow"], ["--expect", "garden:5"], ["--expect", f"m:1:{'0' * 64}"]])
def test_what_it_cannot_look_for_is_said(run, rows, arguments):
    assert "Error: " in run("audit", "verify", *arguments, fails=True)


def test_entries_are_listed_newest_first(run, rows):
    listed = json.loads(run("audit", "list", "--site", "garden", "--limit", "4", "--json"))

    assert [entry["kind"] for entry in listed] == ["key", "site", "decision", "decision"]
    assert "garden                      1  site         command    what=added slug=garden" in run("audit", "list")
