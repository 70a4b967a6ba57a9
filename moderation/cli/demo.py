"""`demo`: the service, a small blog in front of it, and a moderator, in one command."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click
import sqlalchemy.orm as so
import urllib3

from moderation.cli.common import prepare
from moderation.config import ROOT, SettingsError, careful_reader, database_url, home_directory
from moderation.passwords import hash_password, make_password
from moderation.storage import moderators, sites
from moderation.storage.engine import Database
from moderation.storage.secrets import decrypt, encrypt
from moderation.storage.tables import Role, Site
from moderation.storage.types import utc_now
from moderation.webhooks.signing import new_secret

SLUG, EMAIL = "demo", "moderator@demo.example"
BLOG = ROOT / "examples" / "blog" / "app.py"
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Demo:
    """What demo.json says; later runs go on with the key and the password in it."""

    service_url: str
    blog_url: str
    api_key: str
    webhook_secret: str
    moderator_email: str
    moderator_password: str


@click.command(epilog="Example: moderation demo")
@click.option("--port", default=8000, show_default=True, help="Port of the service; the next free one if taken.")
@click.option("--blog-port", default=8001, show_default=True, help="Port of the blog; the same.")
def demo(port: int, blog_port: int) -> None:
    """Start the service and a demo blog, print their addresses and a sign-in; Ctrl-C stops all of it.

    The data lives in $MODERATION_HOME (var/ by default), and a later run goes on with it.
    """
    try:
        careful_reader()  # what the service would only write into its log
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    home = home_directory()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    port = _free_port(port, "service")
    blog_port = _free_port(blog_port, "blog", taken=port)
    secret_key = _secret_key(home / "secret.key")
    demo = _fill(home, secret_key, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{blog_port}")
    _run(home, secret_key, demo, port, blog_port)


def _free_port(port: int, what: str, taken: int | None = None) -> int:
    for candidate in range(port, min(port + 100, 65536)):
        if candidate == taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        if candidate != port:
            click.echo(f"Port {port} is in use; the {what} takes {candidate} instead.")
        return candidate
    raise click.ClickException(f"No port from {port} to {port + 99} is free; choose others with --port.")


def _secret_key(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may ever read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    draft.replace(path)


def _fill(home: Path, secret_key: str, service_url: str, blog_url: str) -> Demo:
    """The demo's site and moderator: made at the first run, found again at the next."""
    known = _read_known(home)
    database = Database(database_url())
    try:
        prepare(database)
        with database.write() as session:
            site = _site(session, secret_key, f"{blog_url}/webhooks/moderation")
            password = _moderator(session, site, known.get("moderator_password", ""))
            key = known.get("api_key", "")
            owner = sites.site_by_key(session, key, utc_now())
            if owner is None or owner.id != site.id:
                key = sites.add_key(session, site)
            secret = decrypt(site.webhook_secret, secret_key)
    finally:
        database.dispose()
    return Demo(service_url, blog_url, key, secret, EMAIL, password)


def _read_known(home: Path) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads((home / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _site(session: so.Session, secret_key: str, webhook_url: str) -> Site:
    site = sites.site_by_slug(session, SLUG)
    if site is None:
        return sites.add_site(
            session,
            slug=SLUG,
            name="Demo blog",
            webhook_url=webhook_url,
            webhook_secret=encrypt(new_secret(), secret_key),
        )
    if site.webhook_url != webhook_url:
        sites.set_webhook(session, site, webhook_url, utc_now())
    return site


def _moderator(session: so.Session, site: Site, password: str) -> str:
    """The moderator's password: the one of an earlier run, or one made now."""
    person = moderators.moderator_by_email(session, EMAIL)
    if person is not None and password:
        return password
    password = make_password()
    if person is None:
        person = moderators.add_moderator(
            session, email=EMAIL, name="Demo moderator", password_hash=hash_password(password)
        )
        moderators.join_site(session, person, site, Role.OWNER)
    else:
        person.password_hash = hash_password(password)
    return password


def _run(home: Path, secret_key: str, demo: Demo, port: int, blog_port: int) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        processes += _start_service(home, secret_key, demo, port)
        _wait_for(f"{demo.service_url}/readyz", processes)
        processes.append(_start_blog(home, demo, blog_port))
        _wait_for(demo.blog_url, processes)
        content = {field: getattr(demo, field) for field in Demo.__dataclass_fields__}
        _write_private(home / "demo.json", json.dumps(content, indent=2))
        _show(home, demo)
        while all(process.poll() is None for process in processes):
            time.sleep(0.2)
        raise click.ClickException(f"A process ended by itself; its last words are in {home}/*.log.")
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        _stop(processes)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start_service(home: Path, secret_key: str, demo: Demo, port: int) -> list[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "MODERATION_SECRET_KEY": secret_key,
        "MODERATION_HOME": str(home),
        "PUBLIC_BASE_URL": demo.service_url,
        "WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    own = [sys.executable, "-m", "moderation"]
    started = [_start([*own, "serve", "--port", str(port)], environment, home / "service.log")]
    if not database_url().startswith("sqlite"):
        started.append(_start([*own, "worker"], environment, home / "worker.log"))
    return started


def _start_blog(home: Path, demo: Demo, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "BLOG_API_KEY": demo.api_key,
        "BLOG_WEBHOOK_SECRET": demo.webhook_secret,
    }
    command = [sys.executable, str(BLOG), "--port", str(port), "--service-url", demo.service_url]
    command += ["--url", demo.blog_url, "--data", str(home / "blog.sqlite3"), "--with-comments"]
    return _start(command, environment, home / "blog.log")


def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches us alone and we stop it in order."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own files
            command, env=environment, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )


def _wait_for(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            break
        try:
            if urllib3.request("GET", url, retries=False, timeout=2.0).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.1)
    raise click.ClickException(f"{url} does not answer; see the logs in {home_directory()}.")


def _show(home: Path, demo: Demo) -> None:
    click.echo(
        f"\n  The blog:        {demo.blog_url}\n"
        f"  The moderators:  {demo.service_url}\n"
        f"    sign in as     {demo.moderator_email}\n"
        f"    password       {demo.moderator_password}\n\n"
        f"  Data and logs are in {home}; Ctrl-C stops everything.\n"
    )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End the blog first, then the service, which lets running requests end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in reversed(processes):
        process.terminate()
        try:
            process.wait(timeout=35)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
