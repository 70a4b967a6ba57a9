"""Pictures of WordPress with the plugin for the documentation: `make wordpress-screenshots`."""

import tempfile
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from moderation.config import ROOT
from moderation.storage import sites
from moderation.storage.engine import Database
from tests.e2e.stack import Stack
from tests.factories import SECRET_KEY
from tests.wordpress.conftest import Service, activate, add_article, events_address, set_up
from tests.wordpress.mariadb import MariaDb
from tests.wordpress.wordpress import ADMIN, PASSWORD, PLUGIN, WordPress

FOLDER = ROOT / "docs" / "screenshots"
DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
ARTICLE = {
    "title": "Letters from the mill",
    "text": "For three winters the weavers of our valley wrote home.\n\nWhat they wrote was read before it was sent.",
}
COMMENTS = (
    ("Ann", "My great-grandmother worked at this mill. Thank you for writing it down."),
    ("Ben", "Only an idiot believes these letters. You are stupid, all of you."),
    ("Clara", "Is there a list of the names in the second letter?"),
    ("Dan", "Shut up, you worthless liar."),
)


@click.command(epilog="Example: make wordpress-screenshots")
def main() -> None:
    """Set a service and a WordPress up, comment, and take the pictures into docs/screenshots/."""
    with tempfile.TemporaryDirectory() as folder, MariaDb() as maria:
        home = Path(folder) / "home"
        stack = Stack(home, f"sqlite:///{home / 'moderation.db'}")
        stack.environment |= {"MODERATION_SECRET_KEY": SECRET_KEY, "SCORING_DEADLINE_SECONDS": "20"}
        blog = WordPress(Path(folder) / "blog", maria, "pictures")
        try:
            stack.start_service()
            blog.install()
            blog.start()
            database = Database(stack.environment["DATABASE_URL"])
            prepare(blog, Service(stack, database))
            take(blog)
            database.dispose()
        finally:
            blog.stop()
            stack.stop()


def prepare(blog: WordPress, service: Service) -> None:
    """A blog with some comments, all of them decided on."""
    blog.add_plugin(PLUGIN)
    activate(blog, "moderation-service/moderation-service.php")
    keys = service.new_site("reading-room", webhook_url=events_address(blog), blog=blog.url)
    with service.database.write() as session:
        sites.site_by_slug(session, keys.slug).name = "The Reading Room"
    set_up(blog, service, keys)
    blog.php("wp_delete_comment( 1, true );")
    article = add_article(blog, ARTICLE)
    for name, text in COMMENTS:
        blog.comment(article, name, text)
    set_up(blog, service, keys, deadline=2)


def take(blog: WordPress) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, size, path in (
            ("wordpress-settings-desktop", DESKTOP, "options-general.php?page=moderation-service"),
            ("wordpress-comments-desktop", {"width": 1200, "height": 620}, "edit-comments.php"),
            ("wordpress-comments-phone", PHONE, "edit-comments.php"),
        ):
            page = browser.new_context(viewport=size, locale="en-GB").new_page()
            page.goto(f"{blog.url}/wp-login.php")
            page.locator("#user_login").fill(ADMIN)
            page.locator("#user_pass").fill(PASSWORD)
            page.locator("#wp-submit").click()
            page.goto(f"{blog.url}/wp-admin/{path}")
            if "settings" in name:
                page.get_by_role("button", name="Test the connection").click()
                page.wait_for_load_state()
            if "phone" in name:
                page.locator("#the-comment-list .toggle-row").nth(0).click()
            # Avatars come from elsewhere, where a picture has no business to be.
            page.add_style_tag(content=".avatar, .update-nag { display: none !important; }")
            page.screenshot(path=FOLDER / f"{name}.png")
            page.context.close()
            click.echo(f"docs/screenshots/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
