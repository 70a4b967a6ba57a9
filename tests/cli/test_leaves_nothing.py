"""Nothing of what is read, nor that anything is read, leaves the machine."""

import os
import subprocess
import sys

from moderation.config import ROOT


def test_the_library_of_the_careful_reader_neither_names_the_machine_nor_reports(tmp_path):
    """onnxruntime keeps a name of the machine and what it is going to report under ~/.cache/Microsoft, or used to."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}  # not CI, where it holds back by itself

    done = subprocess.run(
        [sys.executable, "-m", "moderation", "explain", "--reader", "both", "You are kind."],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "careful" in done.stdout
    assert [path.name for path in tmp_path.rglob("*") if "icrosoft" in str(path)] == []
