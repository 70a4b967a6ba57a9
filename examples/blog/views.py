"""The blog's pages, and the door where the moderation service tells it what was decided."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from articles import Article
from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from moderation_client import BadEvent, BadSignature, ModerationClient
from sending import send
from store import Comment, Store
from werkzeug.wrappers import Response

NAME_MAX_CHARACTERS = 80
TEXT_MAX_BYTES = 20_480

COOKIE = "blog_reader"
COOKIE_AGE_S = 180 * 24 * 3600

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


def blog() -> Blog:
    return current_app.extensions["blog"]


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
    https = blog().url.startswith("https://")
    response.set_cookie(COOKIE, reader, max_age=COOKIE_AGE_S, httponly=True, samesite="Lax", secure=https)
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


def article_page(article: Article, *, form: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
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
