"""Pages that are also shown in part: whole to whoever follows the link, their content alone to the script."""

from typing import Any

import sqlalchemy.orm as so
from flask import render_template, request

from moderation.web.dashboard.frame import page


def in_part() -> bool:
    """Whether htmx asks, which puts the answer into a page that is there already."""
    return request.headers.get("HX-Request") == "true"


def page_or_part(name: str, session: so.Session, **values: Any) -> str:
    """*name*.html in its frame, or only *name*_part.html, which it includes."""
    if in_part():
        return render_template(f"{name}_part.html", frame=None, here=request.path, in_part=True, **values)
    return page(f"{name}.html", session, in_part=False, **values)
