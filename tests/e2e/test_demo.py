"""`moderation demo`, which `make run` calls."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys

import pytest
import urllib3

from moderation.config import ROOT
from tests.e2e.stack import answers, wait_until
from tests.postgres import free_port


class Demo:
    def __init__(self, home):
        self.home, self.process = home, None
        self.port, self.blog_port = free_port(), free_port()

    def start(self):
        log = (self.home.parent / "demo.log").open("wb")
        with log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "moderation", "demo"),
                    *("--port", str(self.port), "--blog-port", str(self.blog_port)),
                ],
                env={**os.environ, "MODERATION_HOME": str(self.home), "DATABASE_URL": ""},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: "password" in self.output(), "the demo to come up", timeout_s=60)
        return json.loads(self.facts.read_text())

    @property
    def facts(self):
        return self.home / "demo.json"

    def output(self):
        return (self.home.parent / "demo.log").read_text()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "home")
    yield demo
    if demo.process and demo.process.poll() is None:
        demo.stop()


def call(facts, method, path, **options):
    headers = {"Authorization": f"Bearer {facts['api_key']}"}
    return urllib3.request(method, facts["service_url"] + path, headers=headers, retries=False, **options)


def test_demo_starts_says_where_and_stops_on_ctrl_c(demo):
    facts = demo.start()

    assert list(facts) == [
        "service_url",
        "blog_url",
        "api_key",
        "webhook_secret",
        "moderator_email",
        "moderator_password",
    ]
    assert stat.S_IMODE(demo.facts.stat().st_mode) == 0o600
    assert stat.S_IMODE(demo.home.stat().st_mode) == 0o700
    for name in ("service_url", "blog_url", "moderator_email", "moderator_password"):
        assert facts[name] in demo.output()
    assert answers(facts["blog_url"])
    assert call(facts, "GET", "/v1/comments").status == 200

    assert demo.stop() == 0
    assert not answers(facts["blog_url"])
    assert not answers(facts["service_url"] + "/healthz")


def test_blog_is_filled_and_some_of_it_waits_for_a_moderator(demo):
    facts = demo.start()

    def items():
        return call(facts, "GET", "/v1/comments?limit=200").json()["items"]

    wait_until(lambda: len(items()) >= 14, "the demo comments")
    states = [item["state"] for item in items()]
    assert states.count("published") >= 8
    assert 2 <= states.count("held") <= 6


def test_second_run_goes_on_with_the_same_data_and_sign_in(demo):
    first = demo.start()
    call(first, "POST", "/v1/comments", json={"id": "mine", "text": "A comment of mine."})
    demo.stop()

    second = demo.start()

    assert second == first
    assert call(second, "GET", "/v1/comments/mine").json()["state"] == "published"


def test_taken_ports_are_named_and_the_next_free_ones_used(demo):
    with socket.create_server(("127.0.0.1", demo.port)), socket.create_server(("127.0.0.1", demo.blog_port)):
        facts = demo.start()

        assert f"Port {demo.port} is in use" in demo.output()
        assert f"Port {demo.blog_port} is in use" in demo.output()
        assert not facts["service_url"].endswith(f":{demo.port}")
        assert answers(facts["blog_url"])
