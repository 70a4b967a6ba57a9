"""The shipped reader, and tables of figures that are printed at the end of the run."""

import pytest

from moderation.classifier.reader import QuickReader

_TABLES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def reader():
    return QuickReader.load()


@pytest.fixture
def print_table(request):
    """Have a table printed under the tests' results, whether they pass or fail."""
    return request.config.stash.setdefault(_TABLES, []).append


def pytest_terminal_summary(terminalreporter, config):
    for table in config.stash.get(_TABLES, []):
        title, *lines = table.splitlines()
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
