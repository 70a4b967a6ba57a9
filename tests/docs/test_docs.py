"""What the documentation names is there: files, places in them, commands with their options, make's targets."""

import re

import click
import pytest

from moderation.cli import main
from moderation.config import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "models/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
_FENCED = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands(text: str) -> list[str]:
    """Every line of a shell's block, and what stands in backticks elsewhere."""
    blocks = _FENCED.findall(text)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return lines + _QUOTED.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    return {re.sub(r"[^\w\- ]", "", found.lower()).replace(" ", "-") for found in _HEADING.findall(text)}


@pages
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for path, anchor in _LINK.findall(text):
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{path}#{anchor}"


@pages
def test_every_command_and_option_exists(page):
    for line in commands(page.read_text(encoding="utf-8")):
        found = re.search(r"(?:^|\s|bin/)moderation ((?:[a-z][a-z-]*|--[a-z-]+)(?:[^|;&)]*))", line.partition(" #")[0])
        if not found:
            continue
        words = found[1].split()
        command: click.Command | None = main
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            command = command.get_command(click.Context(command), words.pop(0))
            assert command is not None, line
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0].rstrip(".,:") in known, line


@pages
def test_every_target_of_make_exists(page):
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in commands(page.read_text(encoding="utf-8")):
        if found := re.match(r"make ([a-z][a-z-]*)", line.strip()):
            assert found[1] in targets, line


@pages
def test_every_module_that_is_run_exists(page):
    for line in commands(page.read_text(encoding="utf-8")):
        for name in re.findall(r"python -m (tests\.[a-z_.]*[a-z_])", line):
            path = ROOT / name.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), line
