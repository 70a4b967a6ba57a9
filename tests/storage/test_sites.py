"""Sites and keys by what strangers send."""

import pytest

from moderation.storage import sites
from tests.factories import NOW, make_site


@pytest.mark.parametrize("word", ["\x00", "mk_\x00.secret", "garden\x00", "", "ü", "x" * 10_000])
def test_what_nobody_is_called_is_not_found_on_either_engine(database, word):
    with database.write() as session:
        make_site(session)
    with database.read() as session:
        assert sites.site_by_slug(session, word) is None
        assert sites.find_key(session, word, NOW) is None
