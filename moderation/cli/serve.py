"""`serve` and `worker`: the long-running processes."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from moderation import metrics
from moderation.cli.common import open_database, read_settings
from moderation.cli.slow_clients import CONNECTIONS, Turns
from moderation.cli.slow_clients import Worker as PatientWorker
from moderation.cli.unsafe import unsafe
from moderation.config import Settings
from moderation.mail.mailer import Mailer
from moderation.retention import Retention
from moderation.storage.engine import Database
from moderation.web.logs import configure as configure_logs
from moderation.webhooks.worker import Worker

GRACE_S = 30  # for requests that are under way when the service is told to stop
OBJECTS_OF_A_PAGE = 10_000  # that Python lets come together before it looks for ones that nothing needs any more


@click.command(epilog="Example: moderation serve --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--threads", default=8, show_default=True, help="Requests answered at once by a process.")
@click.option("--workers", default=1, show_default=True, help="Web processes; more than one needs PostgreSQL.")
def serve(host: str, port: int, threads: int, workers: int) -> None:
    """Answer the API and the dashboard until told to stop (SIGTERM lets running requests end).

    On SQLite events and mails are sent by threads of this process; on PostgreSQL start `moderation worker`.
    """
    settings = read_settings()
    if wrong := list(unsafe(settings, host)):
        raise click.ClickException("\n".join(wrong))
    with open_database() as database:
        if database.is_sqlite and workers > 1:
            raise click.ClickException("SQLite takes one web process: leave --workers at 1, or use PostgreSQL.")
        delivers = database.is_sqlite
    _check_port(host, port)
    metrics.share(settings.home / f"metrics-{port}")
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": PatientWorker,
        "workers": workers,
        "threads": threads + CONNECTIONS,
        "worker_connections": 800,  # with the files beside them under the 1,024 that a process may have open
        "graceful_timeout": GRACE_S,
        "keepalive": 15,
        # Gunicorn would take a path and a scheme from headers of whoever connects from this machine, as proxies do for
        # strangers; what a proxy may say is TRUSTED_PROXIES' to decide.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "logger_class": _Log,
        "proc_name": "moderation",
        "control_socket_disable": True,
    }
    _Server(settings, options, at_once=threads, delivers=delivers).run()


@click.command(epilog="Example: DATABASE_URL=postgresql://localhost/moderation moderation worker --metrics-port 9101")
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Answer Prometheus here, without a token.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of that port.")
def worker(metrics_port: int | None, metrics_host: str) -> None:
    """Deliver events to the blogs, and mails to moderators, until told to stop.

    Any number may run on one PostgreSQL database.
    """
    configure_logs()
    settings = read_settings()
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    if metrics_port is not None:
        _check_port(metrics_host, metrics_port, "--metrics-port")
        metrics.answer_on(metrics_host, metrics_port)
    with open_database() as database:
        beside = [Background(Mailer(database, settings).run, "mails"), Background(Retention(database).run, "retention")]
        Worker(database, settings).run(stop)
        for task in beside:
            task.stop()


def _check_port(host: str, port: int, option: str = "--port") -> None:
    """Say at once that a port is taken, instead of after gunicorn's five tries."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with {option}."
            ) from error


class _Log(Logger):  # type: ignore[misc]
    """Gunicorn's own lines go where ours go; requests are logged by the application, without addresses."""

    def setup(self, cfg: Any) -> None:
        configure_logs()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)

    def access(self, *arguments: Any) -> None:
        pass


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our application. The model and the database are opened in the worker, after the fork."""

    def __init__(self, settings: Settings, options: dict[str, Any], *, at_once: int, delivers: bool) -> None:
        self.settings, self.options, self.at_once, self.delivers = settings, options, at_once, delivers
        self.background: list[Background] = []
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)
        self.cfg.set("post_worker_init", self._start_background)
        self.cfg.set("worker_exit", self._stop_background)

    def load(self) -> Turns:
        from moderation.web.app import create_app

        self.database = Database(self.settings.database_url)
        app = create_app(self.settings, database=self.database)
        return Turns(app, at_once=self.at_once, max_body=self.settings.max_batch_bytes)

    def _start_background(self, worker: object) -> None:
        # What is loaded by now stays; looking through it again and again is a part of every page's time.
        gc.collect()
        gc.freeze()
        # Else the rows of a long page count as objects that stay, and every few pages all of them are looked through.
        gc.set_threshold(OBJECTS_OF_A_PAGE)
        if self.delivers:
            self.background = [
                Background(Worker(self.database, self.settings).run, "deliveries"),
                Background(Mailer(self.database, self.settings).run, "mails"),
                Background(Retention(self.database).run, "retention"),
            ]

    def _stop_background(self, server: object, worker: object) -> None:
        for task in self.background:
            task.tell()
        for task in self.background:
            task.stop()


class Background:
    """Something that runs until it is told to stop, as a thread of this process."""

    def __init__(self, run: Callable[[threading.Event], None], name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=run, args=(self._stop,), name=name, daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Ask it to end, without waiting."""
        self._stop.set()

    def stop(self) -> None:
        """Let what is being sent end; what is not done by then is left to whoever comes next."""
        self.tell()
        self._thread.join(timeout=GRACE_S)
