"""The pages for those who come from elsewhere: what they say to run is run, and prints what they say it prints."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from moderation.config import ROOT
from tests.conftest import skip_or_fail

PLACE = "https://moderation.example"


def blocks(page, language):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def prose(page):
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


@pytest.fixture
def shell(service, keys):
    """Run a block as it stands, with the address and keys of this service; what it prints."""
    if shutil.which("curl") is None:
        skip_or_fail("curl is not installed")
    environment = {
        **service.stack.environment,
        "OPENAI_BASE_URL": f"{service.url}/v1",
        "OPENAI_API_KEY": keys.api_key,
        "AKISMET_KEY": keys.akismet_key,
        "PERSPECTIVE_URL": service.url,
        "PERSPECTIVE_KEY": keys.api_key,
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),  # noqa: PTH120
    }

    def _run(command, *arguments):
        done = subprocess.run(
            [*arguments, command.replace(PLACE, service.url)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return _run


def test_openai_page_prints_what_it_says(shell):
    [python] = blocks("migrate-from-openai", "python")
    assert shell(python, sys.executable, "-c") == "[False, True]"
    assert "prints `[False, True]`" in prose("migrate-from-openai")
    curl = next(block for block in blocks("migrate-from-openai", "sh") if block.startswith("curl"))
    assert '"flagged":false' in shell(curl, "sh", "-c")


def test_openai_page_prints_what_it_says_in_javascript(node, service, keys):
    [script] = blocks("migrate-from-openai", "js")
    environment = {"OPENAI_BASE_URL": f"{service.url}/v1", "OPENAI_API_KEY": keys.api_key}
    assert node("page.mjs", None, source=script, environment=environment) is True
    assert "prints `true`" in prose("migrate-from-openai")


def test_akismet_page_prints_what_it_says(shell, service, keys):
    first, verify, check, hold = blocks("migrate-from-akismet", "sh")
    slug = keys.site.slug
    for command in (first, hold):
        assert shell(command.replace("garden ", f"{slug} "), "sh", "-c") == f"Akismet key: {keys.akismet_key}"
    assert shell(verify, "sh", "-c") == "valid"
    assert shell(check, "sh", "-c") == "false"


def test_options_on_the_akismet_page_are_those_of_the_command(shell):
    help_text = shell("moderation site akismet-key --help", "sh", "-c")
    named = set(re.findall(r"(?<![-\w])--[a-z]+(?![-\w])", prose("migrate-from-akismet")))
    assert named == {"--blog", "--holds", "--discards", "--rotate"}
    assert all(option in help_text for option in named)


def test_perspective_page_prints_what_it_says(shell):
    [python] = blocks("migrate-from-perspective", "python")
    assert shell(python, sys.executable, "-c") == "True"
    assert "prints `True`" in prose("migrate-from-perspective")
    curl = next(block for block in blocks("migrate-from-perspective", "sh") if block.startswith("curl"))
    [said] = blocks("migrate-from-perspective", "json")
    value = re.compile(r'"value": ([0-9.]+)')
    printed = shell(curl, "sh", "-c")
    assert value.sub("", printed).startswith(value.sub("", said.rstrip()))
    assert float(value.search(printed)[1]) == pytest.approx(float(value.search(said)[1]), abs=1e-4)


def test_thresholds_are_matched_as_the_perspective_page_says(shell, tmp_path):
    command = next(block for block in blocks("migrate-from-perspective", "sh") if "match-threshold" in block)
    rows = [f"What a lovely garden {number}.,0.{number}" for number in range(1, 6)]
    (tmp_path / "scored.csv").write_text("\n".join(["text,TOXICITY", *rows, "You idiot.,0.9"]), encoding="utf-8")
    assert "both flag" in shell(f"cd {tmp_path} && {command}", "sh", "-c")
    assert (tmp_path / "thresholds.svg").read_text(encoding="utf-8").startswith("<svg")


def test_coral_secret_is_given_as_the_perspective_page_says(shell, keys):
    command = next(block for block in blocks("migrate-from-perspective", "sh") if "coral" in block)
    command = command.replace("garden", keys.site.slug)
    printed = shell(f"echo a signing secret as coral makes one | {command}", "sh", "-c")
    assert f"/coral/phase?site={keys.site.slug}" in printed


def test_options_on_the_perspective_page_are_those_of_the_commands(shell):
    commands = ("match-threshold", "site set-coral-secret", "site add-key")
    help_text = shell("; ".join(f"moderation {name} --help" for name in commands), "sh", "-c")
    named = set(re.findall(r"(?<![-\w])--[a-z][a-z-]*(?![-\w])", prose("migrate-from-perspective")))
    assert len(named) > 5
    assert all(option in help_text for option in named)
