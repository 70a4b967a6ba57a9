"""The real processes: service, worker, demo blog, and a gate on the way of the webhooks."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import urllib3

from moderation.config import ROOT
from tests.postgres import free_port

EMAIL, PASSWORD = "mona@example.org", "a pass phrase for tests"
LEASE_S = 3


def wait_until(condition, what, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s} s in vain: {what}")


def answers(url):
    try:
        return urllib3.request("GET", url, retries=False, timeout=2).status == 200
    except urllib3.exceptions.HTTPError:
        return False


class Gate:
    """Stands where the blog's webhook address is: passes connections on, or holds them unread."""

    def __init__(self, target_port: int) -> None:
        self.target_port, self.is_open = target_port, threading.Event()
        self.is_open.set()
        self.held: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        self.drop_held()

    def drop_held(self) -> None:
        """Let what was held never arrive."""
        while self.held:
            self.held.pop().close()

    def _accept(self) -> None:
        while True:
            try:
                inward, _ = self._listener.accept()
            except OSError:
                return
            if self.is_open.is_set():
                threading.Thread(target=self._pass_on, args=(inward,), daemon=True).start()
            else:
                self.held.append(inward)

    def _pass_on(self, inward: socket.socket) -> None:
        with suppress(OSError), inward, socket.create_connection(("127.0.0.1", self.target_port)) as outward:
            other = {inward: outward, outward: inward}
            while True:
                for ready in select.select(list(other), [], [], 30)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    other[ready].sendall(data)


class Stack:
    """Everything an owner runs, each part a process of its own that can be killed."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home, self.is_sqlite = home, database_url.startswith("sqlite")
        home.mkdir(mode=0o700, exist_ok=True)
        self.service_port, self.blog_port = free_port(), free_port()
        self.gate = Gate(self.blog_port)
        self.service_url = f"http://127.0.0.1:{self.service_port}"
        self.blog_url = f"http://127.0.0.1:{self.blog_port}"
        self.environment = {
            **os.environ,
            "MODERATION_HOME": str(home),
            "MODERATION_SECRET_KEY": "k" * 43,
            "DATABASE_URL": database_url,
            "PUBLIC_BASE_URL": self.service_url,
            "WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            "DELIVERY_LEASE_SECONDS": str(LEASE_S),
        }
        self.processes: dict[str, subprocess.Popen] = {}

    def command(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "moderation", *arguments],
            env=self.environment,
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def set_up(self) -> None:
        webhook = f"http://127.0.0.1:{self.gate.port}/webhooks/moderation"
        printed = self.command("site", "add", "blog", "--webhook-url", webhook).splitlines()
        key, secret = (line.split(":", 1)[1].strip() for line in printed)
        self.environment |= {"BLOG_API_KEY": key, "BLOG_WEBHOOK_SECRET": secret}
        self.command("moderator", "add", EMAIL, "--name", "Mona", "--password-stdin", stdin=PASSWORD + "\n")

    def start(self) -> None:
        self.start_service()
        if not self.is_sqlite:
            self.start_worker()
        blog = ROOT / "examples" / "blog" / "app.py"
        self._start(
            "blog",
            [
                *(str(blog), "--port", str(self.blog_port), "--service-url", self.service_url),
                *("--data", str(self.home / "blog.sqlite3")),
            ],
        )
        wait_until(lambda: answers(self.blog_url), "the blog")

    def start_service(self, *options: str, program: tuple[str, str] = ("-m", "moderation")) -> None:
        self._start("service", [*program, "serve", "--port", str(self.service_port), *options])
        wait_until(lambda: answers(f"{self.service_url}/readyz"), "the service", timeout_s=120.0)

    def start_worker(self) -> None:
        self._start("worker", ["-m", "moderation", "worker"])

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children: nothing of it gets to say goodbye."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.gate.close()

    def _start(self, name: str, arguments: list[str]) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
