"""The shipped readers, and tables of figures that are printed at the end of the run."""

import pytest

from moderation.classifier.reader import QuickReader
from tests.behaviour import measure

_TABLES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", params=["quick", "both"])
def name(request):
    """Which reader is measured; every test runs for each of them."""
    return request.param


@pytest.fixture(scope="session")
def reader(name, request):
    return QuickReader.load() if name == "quick" else request.getfixturevalue("shipped_both")


@pytest.fixture(scope="session")
def floors(name, reader):
    """What the reader must reach. Once there is a careful reader, there are floors for both."""
    found = measure.floors(name)
    assert found, f"no floors: python -m tests.behaviour.measure --reader {name} --write-floors"
    return found


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
