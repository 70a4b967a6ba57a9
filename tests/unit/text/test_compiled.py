"""Compiled code is kept, but never longer than what it was compiled from, and is not needed to start."""

import os
import shutil
import subprocess
import sys

import pytest

from moderation.config import ROOT

CODE = "from moderation.text.normalise import normalise; print(normalise('1d1ot').text)"


@pytest.fixture
def folder(tmp_path):
    """A copy of the room without anything compiled."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "moderation" / "text", tmp_path / "moderation" / "text", ignore=ignored)
    (tmp_path / "moderation" / "__init__.py").touch()
    return tmp_path


def said(folder, **environment):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **environment}
    result = subprocess.run([sys.executable, "-c", CODE], env=environment, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_it_works_where_nothing_may_be_written(folder):
    (folder / "moderation" / "text" / "__pycache__").touch()  # a file stands where the cache would be
    (folder / "blocked").touch()

    assert said(folder, HOME=str(folder / "blocked"), XDG_CACHE_HOME=str(folder / "blocked")) == "idiot"


def test_compiled_code_is_made_anew_when_another_file_changes(folder):
    assert said(folder) == "idiot"
    assert list((folder / "moderation" / "text" / "__pycache__").glob("*.nbc"))
    leet = folder / "moderation" / "text" / "leet.py"

    # 1 is read as the letter y, by a function that those of normalise.py have compiled in
    leet.write_text(leet.read_text().replace("return uint32(105)", "return uint32(121)"))

    assert said(folder) == "ydyot"
