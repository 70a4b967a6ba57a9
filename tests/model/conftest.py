"""The article and the comment that started the project."""

import json

import pytest


@pytest.fixture(scope="session")
def seed(shared):
    return json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))
