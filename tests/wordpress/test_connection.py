"""The connection test says in words what an owner has to change, and a wrong address loses no comment."""

import json

import pytest

from tests.webhooks.receiver import Receiver, answer, free_port
from tests.wordpress.conftest import KIND, set_up

TEST = (
    "require_once WP_PLUGIN_DIR . '/moderation-service/admin/connection.php';"
    "return \\Moderation_Service\\test_connection();"
)
WRONG_HOST = json.dumps({"type": "urn:moderation:problem:host-not-trusted", "detail": "Not that name."}).encode()


@pytest.fixture
def found(blog, service):
    """What the test says with some settings instead of the right ones; these are back afterwards."""

    def _found(code="", **settings):
        set_up(blog, service, blog.keys, **settings)
        return blog.php(code + TEST)

    yield _found
    set_up(blog, service, blog.keys)


def test_all_is_well_when_a_test_has_come_back(found):
    said = found()
    assert [one["is_good"] for one in said] == [True, True, True]
    assert "A test of the way back has arrived" in said[2]["text"]


def test_a_way_back_that_is_closed_is_named(found, blog):
    """The blog lets nothing in: as a firewall or another plugin would have it."""
    guard = blog.root / "wp-content" / "mu-plugins" / "guard.php"
    guard.write_text("<?php add_filter( 'rest_pre_dispatch', fn() => new WP_Error( 'no', '', [ 'status' => 403 ] ) );")
    said = found()
    guard.unlink()
    assert [one["is_good"] for one in said] == [True, True, False]
    assert "cannot get there" in said[2]["text"]


def test_clocks_that_differ_are_named_and_a_missing_secret(found):
    slow = "eval( 'namespace Moderation_Service; function time() { return \\\\time() - 4000; }' );"
    assert "clocks of this server and the service’s" in found(slow)[1]["text"]
    said = found("add_filter( 'option_moderation_service', fn( $o ) => array( 'secret' => '' ) + $o );")
    assert "no webhook secret yet" in said[1]["text"]
    assert "was not tried" in said[2]["text"]


def test_an_address_that_the_service_has_wrong_is_told_with_the_command_that_mends_it(found, blog):
    said = found("add_filter( 'rest_url', fn() => 'https://garden.example/index.php?rest_route=/x' );")
    assert [one["is_good"] for one in said] == [True, True, False]
    assert (
        f"moderation site set-webhook {blog.keys.slug} 'https://garden.example/index.php?rest_route=/x'"
        in said[2]["text"]
    )


def test_a_wrong_address_is_explained(found, service):
    def text(address, **settings):
        said = found(address=address, **settings)
        assert [one["is_good"] for one in said] == [False]
        return said[0]["text"]

    port = service.url.rsplit(":", 1)[1]
    assert "does not speak https" in text(f"https://127.0.0.1:{port}")
    assert "WP_ACCESSIBLE_HOSTS" in text("http://moderation.invalid")
    assert "Is the service running" in text(f"http://127.0.0.1:{free_port()}")
    assert "without what stands behind the host’s name" in text(f"{service.url}/queue/held")
    assert "does not take the API key" in text(service.url, key="mk_wrong")
    with Receiver(answer(301, "Location: https://moderation.example/v1/site")) as moved:
        assert "leads on to https://moderation.example. " in text(moved.url.removesuffix("/hook"))
    problem = answer(400, "Content-Type: application/problem+json", body=WRONG_HOST)
    with Receiver(problem) as elsewhere:
        assert "does not know itself by this name" in text(elsewhere.url.removesuffix("/hook"))


def test_an_address_is_taken_as_people_paste_it(blog):
    pasted = ("https://m.example/", " HTTPS://m.example/v1", "https://m.example/v1/comments", "https://m.example")
    code = " ".join(f"\\Moderation_Service\\tidy_address( '{one}' )," for one in pasted)
    assert blog.php(f"return array( {code} );") == ["https://m.example"] * 4
    assert blog.php("return \\Moderation_Service\\tidy_address( 'https://m.example/v1x/' );") == "https://m.example/v1x"


@pytest.mark.parametrize("body", [b"<h1>Bad Request</h1>", WRONG_HOST])
def test_what_something_in_between_refuses_is_sent_again(blog, service, body):
    """A proxy's 400, or a host's name that is not known yet: both are mended, and then the comment is read."""
    name = f"Between {len(body)}"
    with Receiver(answer(400, body=body)) as between:
        set_up(blog, service, blog.keys, address=between.url.removesuffix("/hook"))
        blog.comment(blog.article, name, f"{KIND} {name}")
    set_up(blog, service, blog.keys)
    assert blog.status(name) == "0"
    blog.cron()
    assert blog.status(name) == "1"
    assert service.comment(blog.keys, blog.remote_id(name))["state"] == "published"
