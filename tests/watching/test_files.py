"""The dashboard and the alerts ask for what the service tells, and for nothing else."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from moderation import metrics
from moderation.config import ROOT
from moderation.storage.listing import Queue
from moderation.storage.tables import EventState
from moderation.storage.watching import State, Waiting
from moderation.web.metrics import _of_outbox, _of_queues

DASHBOARD, ALERTS = ROOT / "docs" / "grafana-dashboard.json", ROOT / "docs" / "alerts.yml"
TESTS = Path(__file__).parent / "alerts.test.yml"


@pytest.fixture(scope="module")
def told() -> set[str]:
    """The names of all that /metrics can tell."""
    meters = metrics._Meters().registry.collect()
    state = State({Queue.HELD: Waiting(1, 1.0)}, {EventState.FAILED: 1}, 0.0, 0, 0)
    gauges = {gauge.name for gauge in [*_of_queues(state), *_of_outbox(state)]}
    counters = {meter.name + end for meter in meters for end in ("_total", "_bucket")}
    return gauges | counters | {"moderation_database_up", "moderation_model_info"}


def asked(text: str) -> set[str]:
    return set(re.findall(r"moderation_[a-z_]+", text))


def test_dashboard_and_alerts_ask_for_what_is_told(told):
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]

    assert len(expressions) > 15
    assert asked(" ".join(expressions)) <= told
    assert asked(" ".join(re.findall(r"expr: .*?(?=\n      - |\Z)", ALERTS.read_text(), re.DOTALL))) <= told


def test_panels_do_not_lie_on_each_other():
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not installed")
@pytest.mark.parametrize("command", [["check", "rules", str(ALERTS)], ["test", "rules", str(TESTS)]])
def test_alerts_fire_when_they_should(command):
    done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
