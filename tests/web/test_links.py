"""The addresses of a page's cards."""

import uuid

from flask import url_for

from moderation.web.links import link_to


def test_an_address_with_an_id_is_as_flask_builds_it_also_behind_a_prefix(app):
    for prefix in ("/", "/moderation"):
        with app.test_request_context(base_url=f"http://localhost{prefix}"):
            for _ in range(2):
                key = uuid.uuid4()
                assert link_to("dashboard.decide", comment_id=key) == url_for("dashboard.decide", comment_id=key)


def test_a_page_builds_each_kind_of_address_once(app, monkeypatch):
    built = []
    monkeypatch.setattr(
        "moderation.web.links.url_for", lambda *what, **key: built.append(what) or url_for(*what, **key)
    )

    with app.test_request_context():
        for _ in range(3):
            link_to("dashboard.decide", comment_id=uuid.uuid4())
            link_to("dashboard.comment", comment_id=uuid.uuid4())

    assert built == [("dashboard.decide",), ("dashboard.comment",)]
