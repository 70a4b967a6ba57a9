"""What several processes count adds up in one scrape, and the worker's in its own."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from tests.e2e.stack import Stack, wait_until
from tests.postgres import free_port

COMMENTS = 40
TOKEN = "a-token-for-the-tests"


@pytest.fixture
def stack(postgres_cluster, tmp_path):
    stack = Stack(tmp_path / "home", postgres_cluster.create_database(f"metrics{free_port()}"))
    stack.environment |= {"METRICS_TOKEN": TOKEN, "CAREFUL_READER": "off"}
    try:
        stack.set_up()
        yield stack
    finally:
        stack.stop()


def total(url, pattern):
    answer = urllib3.request("GET", url, headers={"Authorization": f"Bearer {TOKEN}"}, retries=False, timeout=20)
    assert answer.status == 200
    found = re.findall(rf"^{pattern} (\S+)$", answer.data.decode(), re.MULTILINE)
    return sum(map(float, found))


def test_two_web_processes_and_a_worker_add_up(stack):
    port = free_port()
    service = stack.service_url
    stack._start("service", ["-m", "moderation", "serve", "--workers", "2", "--port", str(stack.service_port)])
    stack._start("worker", ["-m", "moderation", "worker", "--metrics-port", str(port)])
    wait_until(lambda: answers_200(f"{service}/readyz"), "the service", timeout_s=240)
    headers = {"Authorization": f"Bearer {stack.environment['BLOG_API_KEY']}"}

    def send(number):  # a connection each: they fall on both processes
        body = f'{{"id": "{number}", "text": "What a lovely garden, {number}."}}'
        pool = urllib3.PoolManager(num_pools=1)
        return pool.request("POST", f"{service}/v1/comments", body=body, headers=headers, retries=False).status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(COMMENTS))) == [201] * COMMENTS

    created = r'moderation_http_requests_total\{method="POST",route="/v1/comments",status="201"\}'
    assert total(f"{service}/metrics", created) == COMMENTS
    assert total(f"{service}/metrics", r'moderation_decisions_total\{.*source="machine"\}') == COMMENTS
    files = [path.name for path in (stack.home / f"metrics-{stack.service_port}").iterdir()]
    assert len([name for name in files if name.startswith("counter_")]) == 2, "both processes counted"

    tried = r"moderation_delivery_attempts_total\{.*\}"  # nobody listens at the blog's address, and each is tried
    wait_until(lambda: total(f"http://127.0.0.1:{port}/metrics", tried) >= COMMENTS, "the worker", timeout_s=240)
    assert total(f"{service}/metrics", r'moderation_outbox_events\{state="pending"\}') == COMMENTS


def answers_200(url):
    try:
        return urllib3.request("GET", url, retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_a_taken_port_for_the_workers_figures_is_said_at_once(stack):
    done = subprocess.run(
        [sys.executable, "-m", "moderation", "worker", "--metrics-port", str(stack.gate.port)],
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "Choose another with --metrics-port" in done.stderr
