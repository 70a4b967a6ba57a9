"""A small blog that lets every comment pass the moderation service, over its public HTTP API only."""

import hashlib
import logging
import os
import secrets
import signal
import sys
import time
from pathlib import Path

import click
from articles import read_articles, read_comments
from flask import Flask, render_template
from moderation_client import ModerationClient
from sending import keep_sending
from store import Comment, Store
from times import FILTERS
from views import Blog, pages
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

REQUEST_MAX_BYTES = 1024 * 1024  # far above a long comment: its author gets the form back, not an error page
DEMO_PAUSE_S = 2000  # between two of the comments that an empty blog can be filled with

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",  # a page shows its reader's own waiting comments
}


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
    app.jinja_env.filters.update(FILTERS)
    app.register_blueprint(pages)
    app.register_error_handler(HTTPException, show_error)
    app.after_request(add_headers)
    return app


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def show_error(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", error=error), error.code or 500


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
    api_key = os.environ.get("BLOG_API_KEY", "").strip()
    webhook_secret = os.environ.get("BLOG_WEBHOOK_SECRET", "").strip()
    if not api_key or not webhook_secret:
        raise click.UsageError("Set BLOG_API_KEY and BLOG_WEBHOOK_SECRET in the environment.")
    url = url or f"http://{host}:{port}"
    try:
        app = create_app(service_url=service_url, api_key=api_key, webhook_secret=webhook_secret, data=data, url=url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    site: Blog = app.extensions["blog"]
    if with_comments:
        add_demo_comments(site)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would print a line for every request
    server = make_server(host, port, app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keep_sending(site.store, site.service)
    click.echo(f"The blog is at {url}")
    server.serve_forever()


if __name__ == "__main__":
    main()
