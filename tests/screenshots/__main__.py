"""Pictures of the dashboard for the documentation, as a browser shows it: `make screenshots`."""

import logging
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import click
import sqlalchemy as sa
import structlog
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from moderation import preferences
from moderation.config import ROOT, Settings
from moderation.domain.comment import State
from moderation.storage import migrate, moderators
from moderation.storage.engine import Database
from moderation.storage.secrets import status_token
from moderation.storage.tables import Appeal, Author, Comment
from moderation.storage.types import utc_now
from moderation.web.app import create_app, make_scorer
from tests.bench.filling import tally
from tests.factories import SECRET_KEY, make_moderator, make_site
from tests.screenshots.filling import fill

FOLDER = ROOT / "docs" / "screenshots"
DESKTOP, PHONE = {"width": 1200, "height": 750}, {"width": 390, "height": 844}
LARGEST = 150_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of an address; `name` says the page, the size and the scheme."""

    name: str
    path: str

    @property
    def options(self) -> dict[str, object]:
        scheme = "dark" if "dark" in self.name else "light"
        is_phone = "phone" in self.name
        return {"viewport": PHONE if is_phone else DESKTOP, "color_scheme": scheme, "has_touch": is_phone}


@click.command(epilog="Example: make screenshots")
@click.option("--only", default="", help="Take only those with this in their name.")
def main(only: str) -> None:
    """Fill a database, start the service and take the pictures into docs/screenshots/."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            database_url=f"sqlite:///{home}/pictures.db",
            secret_key=SECRET_KEY,
            home=Path(home),
            trusted_hosts=("127.0.0.1",),
            scoring_deadline_s=60.0,  # no picture of a machine that was busy
        )
        database = Database(settings.database_url)
        migrate.upgrade(database.writer)
        scorer = make_scorer(settings)
        app = create_app(settings, database=database, scorer=scorer)
        with database.write() as session:
            site = make_site(session, "history", webhook_url="https://blog.example/webhooks/moderation")
            site.name = "The Reading Room"
            people = [
                make_moderator(session, site, email=f"{name}@example.org".lower(), name=name)
                for name in ("Mona", "Nils")
            ]
        fill(database, scorer, site, people)
        tally(database)
        preferences.change(database, people[0], mask=False)
        with database.write() as session:
            cookie = moderators.open_session(session, people[0], utc_now(), user_agent="Firefox on Linux")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            _take(f"http://127.0.0.1:{server.server_port}", cookie, shots(database), only)
        finally:
            server.shutdown()
            server.server_close()
            scorer.close()
            database.dispose()


def shots(database: Database) -> list[Shot]:
    with database.read() as session:
        held = session.scalars(
            sa.select(Comment).where(Comment.state == State.HELD).order_by(Comment.risk.desc())
        ).first()
        refused = session.scalars(
            sa.select(Comment).where(Comment.state == State.REJECTED, Comment.id.not_in(sa.select(Appeal.comment_id)))
        ).first()
        author = session.scalars(sa.select(Author).where(Author.standing.is_not(None))).first()
    assert held is not None
    assert refused is not None
    assert author is not None
    status = f"/status/{status_token(refused.id, SECRET_KEY)}"
    return [
        Shot("queue-desktop-light", "/"),
        Shot("queue-desktop-dark", "/"),
        Shot("queue-phone-light", "/"),
        Shot("queue-phone-dark", "/"),
        Shot("comment-desktop-light", f"/comments/{held.id}"),
        Shot("comment-phone-dark", f"/comments/{held.id}"),
        Shot("conversation-desktop-dark", f"/comments/{held.id}/conversation"),
        Shot("author-desktop-light", f"/authors/{author.id}"),
        Shot("author-phone-light", f"/authors/{author.id}"),
        Shot("appeals-desktop-light", "/appeals"),
        Shot("batches-desktop-light", "/batches"),
        Shot("search-desktop-dark", "/search?q=letters"),
        Shot("insight-desktop-light", "/insight"),
        Shot("insight-phone-dark", "/insight"),
        Shot("bands-desktop-light", "/settings/history/bands"),
        Shot("bands-phone-dark", "/settings/history/bands"),
        Shot("words-desktop-dark", "/settings/history/words"),
        Shot("reasons-desktop-light", "/settings/history/reasons"),
        Shot("site-desktop-light", "/settings/history"),
        Shot("people-desktop-dark", "/settings/history/people"),
        Shot("deliveries-desktop-light", "/deliveries"),
        Shot("decided-phone-light", "/decided"),
        Shot("account-phone-dark", "/account"),
        Shot("preferences-desktop-light", "/account/preferences"),
        Shot("sign-in-phone-light", "/sign-in"),
        Shot("status-phone-light", status),
        Shot("status-desktop-dark", status),
    ]


def _take(address: str, cookie: str, wanted: list[Shot], only: str) -> None:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise click.ClickException("Chromium is not installed (on Debian: apt-get install chromium).")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for shot in wanted:
            if only in shot.name:
                _shoot(browser, address, cookie, shot)
        browser.close()


def _shoot(browser: Browser, address: str, cookie: str, shot: Shot) -> None:
    context = browser.new_context(base_url=address, locale="en-GB", reduced_motion="reduce", **shot.options)  # type: ignore[arg-type]
    if not shot.path.startswith(("/sign-in", "/status")):
        context.add_cookies([{"name": "moderation", "value": cookie, "url": address}])
    page = context.new_page()
    answer = page.goto(shot.path, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise click.ClickException(f"{shot.path} answers {answer.status if answer else 'nothing'}.")
    path = FOLDER / f"{shot.name}.png"
    page.screenshot(path=path)
    context.close()
    size = path.stat().st_size
    if size > LARGEST:
        raise click.ClickException(f"{path.name} has {size:,} bytes, more than {LARGEST:,}.")
    click.echo(f"{path.relative_to(ROOT)}  {size / 1000:,.0f} KB")


if __name__ == "__main__":
    main()
