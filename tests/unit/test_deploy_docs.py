"""The documents for operators name what there is: every setting, and every file."""

import re

from moderation.config import ROOT

OPERATE, DEPLOY = ROOT / "docs" / "operate.md", ROOT / "docs" / "deploy.md"


def settings_of_the_code() -> set[str]:
    """Whatever config.py takes by name from the environment."""
    return set(re.findall(r'"([A-Z][A-Z_]+[A-Z])"', (ROOT / "moderation" / "config.py").read_text()))


def test_every_setting_stands_in_the_table_and_no_other():
    table = OPERATE.read_text().partition("## Settings from the environment")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`([A-Z_]+)`", " ".join(rows)))

    assert len(named) > 20
    assert settings_of_the_code() - {"MODERATION_SECRET_KEY_FILE"} <= named
    assert {name.removesuffix("_FILE") for name in named} <= settings_of_the_code()


def test_files_that_the_guide_names_are_there():
    names = set(re.findall(r"deploy/([A-Za-z.-]+[a-z])", DEPLOY.read_text()))

    assert names >= {"Containerfile", "moderation.env", "moderation.service", "moderation-worker.service", "nginx.conf"}
    assert all((ROOT / "deploy" / name).is_file() for name in names)


def test_the_example_of_settings_has_known_names_alone():
    lines = (ROOT / "deploy" / "moderation.env").read_text().splitlines()
    names = {line.removeprefix("# ").partition("=")[0] for line in lines if re.match(r"(# )?[A-Z_]+=", line)}

    assert names
    assert names <= settings_of_the_code()
