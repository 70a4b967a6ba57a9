"""The addresses of the protocol: each call in either version, with or without a slash at its end."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint

from moderation.web.access import for_dialect

View = TypeVar("View", bound=Callable[..., Any])

VERSIONS = ("1.1", "1.2")

blueprint = Blueprint("akismet", __name__)


def call(name: str, *methods: str) -> Callable[[View], View]:
    """Mark a view as the answer to calls of *name*, for whoever has an Akismet key."""

    def add(view: View) -> View:
        marked = for_dialect(view)
        for version in VERSIONS:
            blueprint.add_url_rule(
                f"/{version}/{name}",
                endpoint=view.__name__,
                view_func=marked,
                methods=list(methods),
                strict_slashes=False,
            )
        return marked

    return add
