"""What is not ours is what its README says it is."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from moderation import web

VENDOR = Path(web.__file__).parent / "static" / "vendor"
LISTED = re.findall(r"\| `([^`]+)` \|.*`([0-9a-f]{64})` \|", (VENDOR / "README.md").read_text())


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


def test_every_script_is_listed_with_its_hash_and_its_licence():
    assert {name for name, _ in LISTED} == {path.name for path in VENDOR.glob("*.js")}
    for name, sha256 in LISTED:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == sha256
        assert (VENDOR / f"{name.split('.')[0]}.LICENSE").is_file()


def test_htmx_evaluates_nothing_styles_nothing_and_keeps_nothing(browser):
    found = []

    class Meta(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if dict(attrs).get("name") == "htmx-config":
                found.append(json.loads(dict(attrs)["content"]))

    Meta().feed(browser.get("/").text)

    [config] = found
    assert config["allowEval"] is config["allowScriptTags"] is config["includeIndicatorStyles"] is False
    assert config["historyCacheSize"] == 0
