"""What the service's worker sends, read by the libraries that receivers use, and by an Akismet plugin's rules."""

import json
from urllib.parse import urlencode

import pytest
import standardwebhooks
import svix
import urllib3

from moderation import review
from moderation.domain.comment import Action
from moderation.storage import comments
from moderation.storage.types import utc_now
from tests.clients.conftest import KIND, UNKIND
from tests.e2e.stack import wait_until
from tests.factories import WEBHOOK_SECRET, make_moderator
from tests.webhooks.receiver import NO_CONTENT, Receiver, answer


@pytest.fixture
def delivery(service):
    """A delivery as it arrived: the body and the headers."""
    with Receiver(NO_CONTENT) as receiver:
        keys = service.new_site(webhook_url=receiver.url)
        sent = {"id": "8841", "text": UNKIND}
        headers = {"Authorization": f"Bearer {keys.api_key}"}
        assert urllib3.request("POST", f"{service.url}/v1/comments", json=sent, headers=headers).status == 201
        [request] = wait_until(lambda: receiver.requests, "the event")
    return request.body, {name.lower(): value for name, value in request.headers}


def test_standardwebhooks_verifies_what_the_worker_sent(delivery):
    body, headers = delivery
    event = standardwebhooks.Webhook(WEBHOOK_SECRET).verify(body, headers)
    assert (event["type"], event["data"]["comment_id"]) == ("comment.held", "8841")

    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(WEBHOOK_SECRET).verify(body.replace(b"8841", b"8842"), headers)


def test_svix_verifies_what_the_worker_sent(delivery):
    body, headers = delivery
    svix.Webhook(WEBHOOK_SECRET).verify(body, headers)
    assert json.loads(body)["type"] == "comment.held"

    for changed in (body + b" ", body.replace(b"held", b"hold")):
        with pytest.raises(svix.WebhookVerificationError):
            svix.Webhook(WEBHOOK_SECRET).verify(changed, headers)


def test_wordpress_plugin_hears_what_a_moderator_decided(service):
    """Its request as it builds it: everything of the form and of the server's variables, and a callback."""
    with Receiver(NO_CONTENT) as receiver:
        blog = f"http://127.0.0.1:{receiver.port}"
        keys = service.new_site(blog=blog, holds=True)
        fields = {
            "comment_post_ID": "12",
            "comment_author": "Ann",
            "comment_author_email": "ann@example.org",
            "comment_author_url": "",
            "comment_content": UNKIND,
            "comment_type": "comment",
            "comment_parent": "0",
            "user_ID": "0",
            "user_ip": "203.0.113.9",
            "user_agent": "Mozilla/5.0",
            "referrer": f"{blog}/?p=12",
            "blog": blog,
            "blog_lang": "en_US",
            "blog_charset": "UTF-8",
            "permalink": f"{blog}/?p=12",
            "akismet_comment_nonce": "inactive",
            "POST_comment": UNKIND,
            "POST_submit": "Post Comment",
            "HTTP_HOST": "127.0.0.1",
            "REMOTE_ADDR": "203.0.113.9",
            "comment_post_modified_gmt": "2026-11-20 08:00:00",
            "callback": f"{blog}/?rest_route=/akismet/v1/webhook",
            "api_key": keys.akismet_key,
        }
        checked = check_as_wordpress(service, fields)
        guid = checked.headers["X-akismet-guid"]
        assert (checked.data, "X-akismet-recheck-after" in checked.headers) == (b"false", True)

        receiver.behaviour = answer(200, body=b'{"comments":{"%s":{"status":"success"}}}' % guid.encode())
        decide(service, keys.site, guid, Action.PUBLISH)
        [request] = wait_until(lambda: receiver.requests, "the outcome")

        assert request.line == "POST /?rest_route=/akismet/v1/webhook HTTP/1.1"
        assert json.loads(request.body) == {
            "key": keys.akismet_key,
            "endpoint": "comment-check",
            "comments": [
                {
                    "guid": guid,
                    "result": "false",
                    "comment_post_ID": "12",
                    "comment_author_email": "ann@example.org",
                }
            ],
        }
        again = check_as_wordpress(service, {**fields, "recheck_reason": "recheck_queue"})
        assert (again.data, again.headers["X-akismet-guid"]) == (b"false", guid)
        assert "X-akismet-recheck-after" not in again.headers


def check_as_wordpress(service, fields):
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "WordPress/6.9 | Akismet/5.5",
    }
    body = urlencode(fields)
    return urllib3.request("POST", f"{service.url}/1.1/comment-check", body=body, headers=headers)


def decide(service, site, guid, action):
    with service.database.write() as session:
        mona = make_moderator(session, site)
        [comment] = comments.list_comments(session, site.id)
    assert comment.id.hex == guid
    review.decide(
        service.database,
        moderator=mona,
        site_ids=[site.id],
        comment_id=comment.id,
        seen_version=1,
        action=action,
        now=utc_now(),
    )


def test_kind_comment_is_no_news_to_a_callback(service):
    with Receiver(NO_CONTENT) as receiver:
        blog = f"http://127.0.0.1:{receiver.port}"
        keys = service.new_site(blog=blog, webhook_url=receiver.url)
        fields = {"api_key": keys.akismet_key, "comment_content": KIND, "callback": f"{blog}/hook"}
        assert urllib3.request("POST", f"{service.url}/1.1/comment-check", fields=fields).data == b"false"
        [request] = wait_until(lambda: receiver.requests, "the signed event")
    assert json.loads(request.body)["type"] == "comment.published"
