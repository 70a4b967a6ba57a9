"""The commands, run as a user would, against a database of their own."""

import pytest
from click.testing import CliRunner

from moderation.cli import main
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
