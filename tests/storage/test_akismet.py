"""Keys for Akismet's clients, and the counts of a month."""

import re
from datetime import timedelta

import sqlalchemy as sa

from moderation.storage import akismet, secrets
from moderation.storage.tables import AkismetKey
from tests.factories import NOW, SECRET_KEY, make_comment, make_site


def test_key_is_twelve_lower_case_letters_and_digits_and_found_in_any_case(database):
    with database.write() as session:
        site = make_site(session)
        keys = [akismet.add_key(session, site, SECRET_KEY) for _ in range(50)]

    assert all(re.fullmatch(r"[a-z0-9]{12}", key) for key in keys)
    assert len(set(keys)) == 50
    with database.read() as session:
        assert akismet.find_key(session, f" {keys[0].upper()}\n", SECRET_KEY, NOW).site.id == site.id


def test_key_is_stored_encrypted_and_found_by_a_hash_that_needs_the_secret(database):
    with database.write() as session:
        key = akismet.add_key(session, make_site(session), SECRET_KEY)
    with database.read() as session:
        row = session.scalars(sa.select(AkismetKey)).one()
        other = akismet.find_key(session, key, "another-key-that-is-long-enough-to-be-one", NOW)

    assert key.encode() not in row.sealed + row.lookup
    assert secrets.decrypt(row.sealed, SECRET_KEY) == key
    assert other is None


def test_ended_key_is_none(database):
    with database.write() as session:
        site = make_site(session)
        key = akismet.add_key(session, site, SECRET_KEY)
        akismet.expire_keys(session, site.id, NOW)
    with database.read() as session:
        assert akismet.find_key(session, key, SECRET_KEY, NOW - timedelta(seconds=1)) is not None
        assert akismet.find_key(session, key, SECRET_KEY, NOW) is None
        assert akismet.current_key(session, site.id, NOW) is None


def test_counts_add_up_by_month_and_altogether(database):
    with database.write() as session:
        site, other = make_site(session), make_site(session, slug="harbour")
        for month, field in [("2026-10", "spam"), ("2026-11", "spam"), ("2026-11", "spam"), ("2026-11", "ham")]:
            akismet.count(session, site.id, month, field)
        akismet.count(session, other.id, "2026-11", "missed_spam")
    with database.read() as session:
        month = akismet.usage(session, site.id, "2026-11")
        assert (month.spam, month.ham, month.missed_spam, month.false_positives) == (2, 1, 0, 0)
        assert akismet.total(session, site.id) == {"spam": 3, "ham": 1, "missed_spam": 0, "false_positives": 0}
        assert akismet.usage(session, site.id, "2026-09") is None


def test_newest_comment_with_a_text_is_the_authors_before_others(database):
    with database.write() as session:
        site = make_site(session)
        anns = make_comment(session, site, text="Nice  roses", author_name="Ann")
        bobs = make_comment(session, site, text="nice roses", author_name="Bob", now=NOW + timedelta(hours=1))
        make_comment(session, make_site(session, slug="harbour"), text="nice roses", author_name="Cleo")
    with database.read() as session:
        assert akismet.newest_with_text(session, site.id, "Nice roses", "ann").id == anns.id
        assert akismet.newest_with_text(session, site.id, "Nice roses", "").id == bobs.id
        assert akismet.newest_with_text(session, site.id, "Nice roses", "Cleo").id == bobs.id
        assert akismet.newest_with_text(session, site.id, "Nice tulips", "Ann") is None
