"""Readers report a comment."""

import pytest

from moderation import erasure, reports, review
from moderation.domain.comment import Action
from moderation.domain.errors import NotFound
from tests.factories import NOW, make_comment


@pytest.fixture
def comment(database, site):
    with database.write() as session:
        return make_comment(session, site, action=Action.PUBLISH)


@pytest.fixture
def report(database, site, comment):
    def _report(reporter=None, comment_id=comment.external_id):
        return reports.report(database, site, comment_id, reporter=reporter, reason="rude", now=NOW)

    return _report


def test_third_report_holds_a_published_comment(report):
    states = [report()["state"] for _ in range(3)]

    assert states == ["published", "published", "held"]


def test_one_reader_counts_once(report):
    assert [report("reader-1")["state"] for _ in range(5)] == ["published"] * 5


def test_what_a_person_published_stays_published(database, site, comment, report):
    review.decide_at_blog(database, site, comment.external_id, action=Action.PUBLISH, note="", now=NOW)

    assert [report()["state"] for _ in range(5)] == ["published"] * 5


def test_unknown_and_erased_comments_take_no_report(database, site, comment, report):
    with pytest.raises(NotFound):
        report(comment_id="nothing")
    erasure.erase(database, site, comment.external_id, now=NOW)
    with pytest.raises(NotFound):
        report()
