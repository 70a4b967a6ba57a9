"""The blog's articles and the comments it can be filled with; all of them are files."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


@dataclass(frozen=True)
class Article:
    slug: str
    title: str
    byline: str
    date: str
    paragraphs: list[str]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def read_articles() -> dict[str, Article]:
    own = json.loads((HERE / "articles.json").read_text(encoding="utf-8"))
    articles = [
        Article(
            slug=entry["slug"],
            title=entry["title"],
            byline=f"By {entry['author']}",
            date=entry["date"],
            paragraphs=entry["paragraphs"],
        )
        for entry in own
    ]
    return {article.slug: article for article in [*articles, *_shared_articles()]}


def _shared_articles() -> list[Article]:
    """The article that started the project: it belongs to others, so it is read where it lies, if it does."""
    shared = Path(os.environ.get("MODERATION_SHARED") or PROJECT.parent / "shared")
    seed = shared / "seed" / "article_and_comment.json"
    if not seed.is_file():
        return []
    entry = json.loads(seed.read_text(encoding="utf-8"))["article"]
    return [
        Article(
            slug=entry["id"],
            title=entry["title"],
            byline=f"From {entry['publisher']}",
            date="",
            paragraphs=entry["text"].split("\n\n"),
        )
    ]


def read_comments() -> list[dict[str, str]]:
    return json.loads((HERE / "comments.json").read_text(encoding="utf-8"))
