"""`moderation site akismet-key`, as an owner uses it."""

import re

import pytest

from moderation.storage import akismet
from moderation.storage.engine import Database
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY


@pytest.fixture
def find(environment):
    """The row of a key, or None."""
    database = Database(f"sqlite:///{environment['MODERATION_HOME']}/moderation.db")

    def _find(key):
        with database.read() as session:
            return akismet.find_key(session, key, SECRET_KEY, utc_now())

    yield _find
    database.dispose()


@pytest.fixture
def key_of(run):
    run("site", "add", "garden")

    def _key(*options):
        return re.fullmatch(r"Akismet key: ([a-z0-9]{12})\n", run("site", "akismet-key", "garden", *options))[1]

    return _key


def test_key_is_made_once_and_printed_again(key_of, find):
    assert key_of() == (key := key_of())
    assert find(key).site.slug == "garden"
    assert (find(key).blog, find(key).holds, find(key).discards) == ("", False, False)


def test_options_change_the_key_and_stay(key_of, find):
    key = key_of("--blog", "https://garden.example", "--holds")
    key_of("--discards")
    assert (find(key).blog, find(key).holds, find(key).discards) == ("https://garden.example", True, True)
    key_of("--no-holds", "--no-discards", "--blog", "")
    assert (find(key).blog, find(key).holds, find(key).discards) == ("", False, False)


def test_rotated_key_works_beside_the_new_one_for_the_overlap(key_of, find):
    old = key_of("--blog", "https://garden.example", "--holds")
    new = key_of("--rotate")
    assert new != old
    assert find(old) is not None
    assert (find(new).blog, find(new).holds) == ("https://garden.example", True)
    newest = key_of("--rotate", "--overlap-hours", "0")
    assert [find(key) is not None for key in (old, new, newest)] == [False, False, True]
    assert key_of() == newest


def test_holding_needs_a_blog_that_can_be_told(run, key_of):
    assert "--holds needs --blog" in run("site", "akismet-key", "garden", "--holds", fails=True)


@pytest.mark.parametrize("blog", ["garden.example", "ftp://garden.example", "https://", "https://a:b", "https://[::"])
def test_blog_is_an_address(run, key_of, blog):
    assert "--blog: The blog's address must be one" in run("site", "akismet-key", "garden", "--blog", blog, fails=True)


def test_unknown_site_and_lost_secret_key_are_said(run, key_of):
    key_of()
    assert "There is no site pond" in run("site", "akismet-key", "pond", fails=True)
    said = run("site", "akismet-key", "garden", env={"MODERATION_SECRET_KEY": "x" * 40}, fails=True)
    assert "MODERATION_SECRET_KEY" in said
    assert "--rotate" in said
