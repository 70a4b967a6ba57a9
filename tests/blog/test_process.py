"""The demo blog as its users start it: one process with options, secrets in the environment, a clean end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

APP = Path(__file__).parents[2] / "examples" / "blog" / "app.py"
SECRETS = {"BLOG_API_KEY": "key-of-the-blog", "BLOG_WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 4}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    processes = []

    def start(*options, **environ):
        """Starts the blog on a free port, on an empty file of comments."""
        command = [
            sys.executable,
            str(APP),
            "--port",
            str(free_port()),
            "--data",
            str(tmp_path / "deep" / "blog.sqlite3"),
        ]
        process = subprocess.Popen(
            [*command, *options],
            env={**os.environ, "MODERATION_SHARED": str(tmp_path), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_blog_fills_itself_serves_and_ends_cleanly(start, service, end):
    process = start("--with-comments", "--service-url", service.url, **SECRETS)
    address = re.fullmatch(r"The blog is at (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())[1]

    deadline = time.monotonic() + 60
    while len(service.requests) < 19 and time.monotonic() < deadline:
        time.sleep(0.05)
    with urllib3.PoolManager() as http:
        page = http.request("GET", f"{address}/articles/letters-thrown-from-the-train").data.decode()
    process.send_signal(end)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert output == ""
    assert len(service.requests) == 19
    assert service.requests[0].body["permalink"].startswith(address)
    assert 'data-state="published"' in page


def test_blog_refuses_to_start_without_its_secrets(start):
    process = start(BLOG_API_KEY="", BLOG_WEBHOOK_SECRET="")

    output, _ = process.communicate(timeout=10)

    assert process.returncode == 2
    assert "BLOG_API_KEY" in output


def test_blog_refuses_a_webhook_secret_that_is_none(start):
    process = start(BLOG_API_KEY="key", BLOG_WEBHOOK_SECRET="whsec_x")

    output, _ = process.communicate(timeout=10)

    assert process.returncode == 2
    assert "BLOG_WEBHOOK_SECRET" in output
    assert "whsec_x" not in output
