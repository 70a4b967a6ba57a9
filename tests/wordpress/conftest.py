"""A service as it runs, and a WordPress beside it with the plugin set up: one of each for the whole run."""

import json
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
import urllib3

from moderation import review
from moderation.domain.comment import Action
from moderation.storage import akismet, comments, moderators, sites
from moderation.storage.engine import Database
from moderation.storage.secrets import encrypt
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from tests.conftest import skip_or_fail
from tests.e2e.stack import EMAIL, PASSWORD, Stack, wait_until
from tests.factories import SECRET_KEY, WEBHOOK_SECRET, make_moderator, make_site
from tests.wordpress.mariadb import MariaDb, find_mariadb
from tests.wordpress.wordpress import PLUGIN, WordPress, find_wordpress

KIND = "Thank you for this careful and moving article."
UNKIND = "You are a stupid, worthless idiot and everybody here hates you."


@dataclass(frozen=True)
class Keys:
    """A site of the service: its name there, its API key and its Akismet key."""

    slug: str
    api_key: str
    akismet_key: str


class Service:
    """The running service, and what its own staff sees and does."""

    def __init__(self, stack: Stack, database: Database) -> None:
        self.stack, self.database, self.url = stack, database, stack.service_url

    def new_site(self, slug: str, *, webhook_url: str, blog: str, secret: str = WEBHOOK_SECRET) -> Keys:
        with self.database.write() as session:
            site = make_site(session, slug=slug, webhook_url=webhook_url)
            site.webhook_secret = encrypt(secret, SECRET_KEY)
            akismet_key = akismet.add_key(session, site, SECRET_KEY, blog=blog, holds=False)
            return Keys(slug, sites.add_key(session, site), akismet_key)

    def ask(self, keys: Keys, path: str, *, method: str = "GET", json=None):
        headers = {"Authorization": f"Bearer {keys.api_key}"}
        options = {"json": json} if json is not None else {}
        return urllib3.request(method, self.url + path, headers=headers, retries=False, **options)

    def comment(self, keys: Keys, remote_id: str) -> dict:
        return self.ask(keys, f"/v1/comments/{remote_id}").json()

    def all_comments(self, keys: Keys) -> list[dict]:
        return self.ask(keys, "/v1/comments?limit=200").json()["items"]

    @staticmethod
    def find(session, keys: Keys, remote_id: str):
        """The comment as it is stored."""
        return comments.find_comment(session, sites.site_by_slug(session, keys.slug).id, remote_id)

    @staticmethod
    def rows(session, keys: Keys):
        """All of a site's comments as they are stored."""
        return session.scalars(sa.select(Comment).where(Comment.site_id == sites.site_by_slug(session, keys.slug).id))

    def decide(self, keys: Keys, remote_id: str, action: Action) -> None:
        """As a moderator of the site does in the dashboard."""
        with self.database.write() as session:
            site = sites.site_by_slug(session, keys.slug)
            email = f"nils-{keys.slug}@example.org"
            nils = moderators.moderator_by_email(session, email) or make_moderator(
                session, site, email=email, name="Nils"
            )
            comment = comments.find_comment(session, site.id, remote_id)
        review.decide(
            self.database,
            moderator=nils,
            site_ids=[site.id],
            comment_id=comment.id,
            seen_version=comment.version,
            action=action,
            now=utc_now(),
        )


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("service") / "home"
    stack = Stack(home, f"sqlite:///{home / 'moderation.db'}")
    stack.environment |= {
        "MODERATION_SECRET_KEY": SECRET_KEY,
        "SCORING_DEADLINE_SECONDS": "20",
        "CAREFUL_READER": "off",
        "DELIVERY_LEASE_SECONDS": "60",  # a busy machine needs more than a second to answer
    }
    try:
        stack.start_service()
        stack.command("moderator", "add", EMAIL, "--name", "Mona", "--password-stdin", stdin=PASSWORD + "\n")
        database = Database(stack.environment["DATABASE_URL"])
        yield Service(stack, database)
        database.dispose()
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def maria():
    if not find_mariadb():
        skip_or_fail("MariaDB is not installed, so WordPress cannot run")
    with MariaDb() as maria:
        yield maria


@pytest.fixture(scope="session")
def installed(maria, tmp_path_factory) -> WordPress:
    """A fresh WordPress, which is only copied."""
    if not find_wordpress():
        skip_or_fail("WordPress or PHP is not installed (on Debian: wordpress, php-cli, php-mysql)")
    blog = WordPress(tmp_path_factory.mktemp("wordpress") / "installed", maria, "installed")
    try:
        blog.install()
    finally:
        blog.stop()
    return blog


@pytest.fixture(scope="session")
def new_wordpress(installed, maria, tmp_path_factory):
    """Make another WordPress, by the name of its database."""
    made = []

    def _new(name: str, **options) -> WordPress:
        blog = WordPress(tmp_path_factory.mktemp("wordpress") / name, maria, name)
        made.append(blog)
        blog.copy_of(installed, **options)
        return blog

    yield _new
    for blog in made:
        blog.stop()


def set_up(blog: WordPress, service: Service, keys: Keys, **settings) -> None:
    """Give the plugin its settings, as its page would store them."""
    whole = {"address": service.url, "key": keys.api_key, "secret": WEBHOOK_SECRET, "deadline": 25, **settings}
    pairs = ", ".join(f"'{name}' => '{value}'" for name, value in whole.items())
    blog.php(f"update_option( 'moderation_service', array( {pairs} ) );")


def activate(blog: WordPress, *plugins: str) -> None:
    names = ", ".join(f"'{plugin}'" for plugin in plugins)
    blog.php(f"update_option( 'active_plugins', array( {names} ) );")


@pytest.fixture(scope="session")
def blog(new_wordpress, service, shared_seed):
    """The blog of the seed article."""
    blog = new_wordpress("reading")
    blog.add_plugin(PLUGIN)
    activate(blog, "moderation-service/moderation-service.php")
    blog.keys = service.new_site("reading", webhook_url=events_address(blog), blog=blog.url)
    blog.article = add_article(blog, shared_seed["article"])
    set_up(blog, service, blog.keys)
    return blog


@pytest.fixture(scope="session")
def shared_seed(shared):
    return json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))


def events_address(blog: WordPress) -> str:
    return f"{blog.url}/wp-json/moderation-service/v1/events"


def add_article(blog: WordPress, article) -> int:
    (blog.folder / "article.json").write_text(json.dumps(article), encoding="utf-8")
    return blog.php(
        f"$a = json_decode( file_get_contents( '{blog.folder}/article.json' ), true );"
        "return wp_insert_post( array( 'post_title' => $a['title'], 'post_content' => wpautop( $a['text'] ),"
        " 'post_status' => 'publish', 'comment_status' => 'open' ) );"
    )


def wait_for(blog: WordPress, author: str, status: str) -> None:
    wait_until(lambda: blog.status(author) == status, f"{author}'s comment to be {status!r}", timeout_s=60)
