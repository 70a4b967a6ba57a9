"""The commands, run as a user would, against a database of their own."""

import pytest
from click.testing import CliRunner

from moderation.classifier.loading import has_careful
from moderation.cli import main
from tests.conftest import skip_or_fail
from tests.factories import SECRET_KEY


@pytest.fixture
def environment(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return {
        "MODERATION_HOME": str(home),
        "MODERATION_SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": "",
        "MODERATION_SECRET_KEY_FILE": "",
    }


@pytest.fixture
def run(environment):
    """Run `moderation ...`; the whole result, or the output of a run that must go well."""

    def _run(*arguments, fails=False, env=None, stdin=None):
        result = CliRunner().invoke(main, arguments, env={**environment, **(env or {})}, input=stdin)
        assert (result.exit_code != 0) is fails, result.output
        return result.output

    return _run


@pytest.fixture(scope="session")
def both():
    """Both readers, with the newest careful one."""
    if not has_careful():
        skip_or_fail("models/ holds no careful reader")
    from moderation.classifier.both import BothReaders

    readers = BothReaders.load()
    yield readers
    readers.close()
