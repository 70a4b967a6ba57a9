"""A small blog that lets every comment pass the moderation service, over its public HTTP API only."""

import hashlib
import json
import logging
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from articles import Article, read_articles, read_comments
from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from moderation_client import BadEvent, BadSignature, ModerationClient
from sending import keep_sending, send
from store import Comment, Store
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

NAME_MAX_CHARACTERS = 80
TEXT_MAX_BYTES = 20_480
REQUEST_MAX_BYTES = 1024 * 1024  # far above a long comment: its author gets the form back, not an error page

COOKIE = "blog_reader"
COOKIE_AGE_S = 180 * 24 * 3600

DEMO_PAUSE_S = 2000  # between two of the comments that an empty blog can be filled with

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",  # a page shows its reader's own waiting comments
}

pages = Blueprint("blog", __name__)


@dataclass(frozen=True)
class Blog:
    """What the views work with."""

    articles: dict[str, Article]
    store: Store
    service: ModerationClient
    url: str

    def request_for(self, comment: Comment, parent: Comment | None = None) -> bytes:
        """The body of `POST /v1/comments`. The more context it has, the better the verdict."""
        article = self.articles[comment.article]
        address = f"{self.url}/articles/{article.slug}"
        body = {
            "id": comment.id,
            "text": comment.text,
            "created_at": datetime.fromtimestamp(comment.created_at, UTC).isoformat(),
            "permalink": f"{address}#c-{comment.id}",
            "article": {"id": article.slug, "url": address, "title": article.title, "text": article.text},
            "author": {"id": comment.author_id, "name": comment.name},
        }
        if parent:
            body["parent"] = {"id": parent.id, "text": parent.text}
        return json.dumps(body).encode()


def create_app(
    *, service_url: str, api_key: str, webhook_secret: str, data: Path, url: str = "http://127.0.0.1:8001"
) -> Flask:
    """The blog as a WSGI application. *url* is its own address, as its readers know it."""
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=REQUEST_MAX_BYTES, MAX_FORM_MEMORY_SIZE=REQUEST_MAX_BYTES)
    app.extensions["blog"] = Blog(
        articles=read_articles(),
        store=Store(data),
        service=ModerationClient(service_url, api_key=api_key, webhook_secret=webhook_secret),
        url=url.rstrip("/"),
    )
    app.jinja_env.globals["service_url"] = service_url
    app.jinja_env.filters.update(day=day, moment=moment, clock=clock, iso=iso)
    app.register_blueprint(pages)
    app.register_error_handler(HTTPException, show_error)
    app.after_request(add_headers)
    return app


def blog() -> Blog:
    return current_app.extensions["blog"]


# Pages


@pages.get("/")
def list_articles() -> str:
    counts = blog().store.published_counts()
    return render_template("index.html", articles=blog().articles.values(), counts=counts)


@pages.get("/articles/<slug>")
def show_article(slug: str) -> str:
    return article_page(find_article(slug))


@pages.post("/articles/<slug>")
def post_comment(slug: str) -> Response | tuple[str, int]:
    if not sent_from_this_blog():
        abort(403, "This comment was sent from another website, so it was not taken.")
    article = find_article(slug)
    form = {
        "name": " ".join(request.form.get("name", "").split()),
        "text": request.form.get("text", "").replace("\r\n", "\n").strip(),
        "parent": request.form.get("parent", ""),
    }
    errors = find_errors(form)
    if errors:
        return article_page(article, form=form, errors=errors), 422

    reader = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    parent = find_published(article, form["parent"])
    comment = Comment(
        id=secrets.token_hex(8),
        article=slug,
        parent_id=parent.id if parent else "",
        author_id=author_id(reader),
        name=form["name"],
        text=form["text"],
        created_at=time.time(),
    )
    # Kept before anyone is asked: whatever happens to the service, the comment is not lost.
    blog().store.add(comment, blog().request_for(comment, parent))
    send(blog().store, blog().service, comment.id, now=comment.created_at)

    # A page of its own, which may reload itself because nobody types there.
    page = url_for("blog.show_article", slug=slug, posted=comment.id, _anchor=f"c-{comment.id}")
    response = redirect(page, 303)
    response.set_cookie(
        COOKIE, reader, max_age=COOKIE_AGE_S, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


@pages.post("/webhooks/moderation")
def receive_event() -> tuple[str, int]:
    try:
        verdict = blog().service.read_event(request.headers, request.get_data())
    except BadSignature:
        return "The signature does not fit.\n", 401
    except BadEvent:
        return "This is not an event of the moderation service.\n", 400
    if verdict:
        blog().store.record_event(request.headers["webhook-id"], verdict, now=time.time())
    return "", 204


def article_page(
    article: Article, *, form: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> str:
    reader = request.cookies.get(COOKIE, "")
    viewer = author_id(reader) if reader else ""
    comments = blog().store.visible(article.slug, viewer)
    posted = request.args.get("posted")
    form = form or {"parent": request.args.get("reply", "")}
    return render_template(
        "article.html",
        article=article,
        comments=comments,
        published={comment.id: comment for comment in comments if comment.state == "published"},
        viewer=viewer,
        form=form,
        errors=errors or {},
        # Only the page after posting, and only as long as its comment has no outcome: see post_comment.
        reloads=any(c.id == posted and c.state in ("waiting", "held") for c in comments),
    )


def find_article(slug: str) -> Article:
    return blog().articles.get(slug) or abort(404, "There is no such article.")


def find_published(article: Article, comment_id: str) -> Comment | None:
    published = blog().store.visible(article.slug, author_id="")
    return next((comment for comment in published if comment.id == comment_id), None)


def find_errors(form: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not form["name"]:
        errors["name"] = "Please give a name; any name will do."
    elif len(form["name"]) > NAME_MAX_CHARACTERS:
        errors["name"] = f"Please give a name of at most {NAME_MAX_CHARACTERS} characters."
    size = len(form["text"].encode())
    if not size:
        errors["text"] = "Please write something first."
    elif size > TEXT_MAX_BYTES:
        errors["text"] = (
            f"This is too long: {size:,} bytes, where {TEXT_MAX_BYTES:,} fit"
            " (a letter is one byte, some are up to four). Your text is still here; please shorten it."
        )
    return errors


def sent_from_this_blog() -> bool:
    """Whether the browser says that our own form was sent, not one on a foreign site.

    Browsers set these two headers themselves and no page can change them, so no hidden token is needed.
    Old browsers, and all on plain http beyond localhost, know only `Origin`. Who sends neither is no
    browser and carries no reader's cookie; the cookie's SameSite is a second lock.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def author_id(reader: str) -> str:
    """How we and the service name the owner of a cookie; the cookie itself stays a secret of the browser."""
    return "reader-" + hashlib.sha256(reader.encode()).hexdigest()[:24]


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def show_error(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", error=error), error.code or 500


# How the templates write times, in the time zone of this machine


def day(date: str) -> str:
    parsed = datetime.fromisoformat(date)
    return f"{parsed.day} {parsed:%B %Y}"


def moment(seconds: float) -> str:
    local = local_time(seconds)
    return f"{local.day} {local:%B %Y, %H:%M}"


def clock(seconds: float) -> str:
    """Just the hour when it was today."""
    local = local_time(seconds)
    return f"{local:%H:%M}" if local.date() == local_time(time.time()).date() else moment(seconds)


def iso(seconds: float) -> str:
    return local_time(seconds).isoformat(timespec="seconds")


def local_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone()


# Starting it


def add_demo_comments(site: Blog) -> None:
    """Fills an empty blog; its comments wait for the service like any other."""
    if not site.store.is_empty():
        return
    entries = [entry for entry in read_comments() if entry["article"] in site.articles]
    for age, entry in zip(range(len(entries), 0, -1), entries, strict=True):
        comment = Comment(
            id=secrets.token_hex(8),
            article=entry["article"],
            author_id="demo-" + hashlib.sha256(entry["name"].encode()).hexdigest()[:24],
            name=entry["name"],
            text=entry["text"],
            created_at=time.time() - age * DEMO_PAUSE_S,
        )
        site.store.add(comment, site.request_for(comment))


@click.command()
@click.option("--host", default="127.0.0.1", envvar="BLOG_HOST", show_default=True, show_envvar=True)
@click.option("--port", default=8001, envvar="BLOG_PORT", show_default=True, show_envvar=True)
@click.option("--url", envvar="BLOG_URL", show_envvar=True, help="The blog's own address, for permalinks.")
@click.option(
    "--service-url",
    default="http://127.0.0.1:8000",
    envvar="BLOG_SERVICE_URL",
    show_default=True,
    show_envvar=True,
    help="Where the moderation service answers.",
)
@click.option(
    "--data",
    default="var/blog.sqlite3",
    envvar="BLOG_DATA",
    show_default=True,
    show_envvar=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with the comments.",
)
@click.option("--with-comments", is_flag=True, help="Fill an empty blog with a few comments.")
def main(host: str, port: int, url: str | None, service_url: str, data: Path, with_comments: bool) -> None:
    """Run the demo blog.

    Two secrets come from the environment only, because a command line is public: BLOG_API_KEY and
    BLOG_WEBHOOK_SECRET, both shown when the site is added to the moderation service.
    """
    api_key, webhook_secret = os.environ.get("BLOG_API_KEY"), os.environ.get("BLOG_WEBHOOK_SECRET")
    if not api_key or not webhook_secret:
        raise click.UsageError("Set BLOG_API_KEY and BLOG_WEBHOOK_SECRET in the environment.")
    url = url or f"http://{host}:{port}"
    app = create_app(
        service_url=service_url, api_key=api_key, webhook_secret=webhook_secret, data=data, url=url
    )
    site: Blog = app.extensions["blog"]
    if with_comments:
        add_demo_comments(site)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    server = make_server(host, port, app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keep_sending(site.store, site.service)
    click.echo(f"The blog is at {url}")
    server.serve_forever()


if __name__ == "__main__":
    main()
