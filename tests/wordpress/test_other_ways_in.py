"""XML-RPC, pingbacks and trackbacks: comments come in by these too, and are moderated alike."""

import html
import re

import pytest

from tests.wordpress.conftest import KIND, UNKIND


@pytest.fixture(scope="module")
def subscriber(blog):
    """Somebody with an account who may not moderate."""
    blog.php("wp_insert_user( array( 'user_login' => 'sam', 'user_pass' => 'sam pass', 'role' => 'subscriber' ) );")
    return "sam", "sam pass"


def call(blog, method, *values):
    """Call by XML-RPC; the answer as text."""
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    body = f'<?xml version="1.0"?><methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>'
    kept, blog.cookies = blog.cookies, {}
    try:
        answer = blog.request("POST", "/xmlrpc.php", body=body, headers={"content-type": "text/xml"})
    finally:
        blog.cookies = kept
    return answer.data.decode()


def string(text):
    return f"<string>{html.escape(text)}</string>"


def test_comments_by_xml_rpc_are_moderated_too(blog, service, subscriber):
    for text, status in ((KIND + " Sam", "1"), (UNKIND + ' Sam said "so" \\ twice.', "0")):
        content = f"<struct><member><name>content</name><value>{string(text)}</value></member></struct>"
        answer = call(
            blog, "wp.newComment", "<int>1</int>", *map(string, subscriber), f"<int>{blog.article}</int>", content
        )
        assert "fault" not in answer, answer
        assert blog.status("sam") == status
    shown = service.comment(blog.keys, blog.remote_id("sam"))
    assert shown["state"] == "held"
    with service.database.read() as session:
        assert service.find(session, blog.keys, blog.remote_id("sam")).text == UNKIND + ' Sam said "so" \\ twice.'


def test_a_pingback_is_told_and_waits_for_a_person(blog, service):
    """WordPress itself lets none through unread; what the service reads in one changes nothing about that."""
    source = blog.php(
        f"$to = get_permalink( {blog.article} );"
        "return wp_insert_post( array( 'post_title' => 'An answer', 'post_status' => 'publish',"
        " 'post_content' => '<p>We read with care <a href=\"' . $to . '\">this fine article</a> and thank.</p>' ) );"
    )
    from_, to = (blog.php(f"return get_permalink( {post} );") for post in (source, blog.article))
    answer = call(blog, "pingback.ping", string(from_), string(to))
    assert "fault" not in answer, answer
    row = "SELECT comment_ID, comment_approved, comment_author FROM wp_comments WHERE comment_type = 'pingback'"
    comment_id, approved, author = blog.sql(row).split("\t")
    assert (approved, author) == ("0", "An answer &#8211; The Reading Room")
    remote_id = blog.sql(f"SELECT remote_id FROM wp_moderation_service WHERE comment_id = {comment_id}")
    shown = service.comment(blog.keys, remote_id)
    assert (shown["state"], shown["decided_by"]) == ("held", "blog")
    blog.sign_in()
    assert "<li>Held by the rules under Settings → Discussion in WordPress.</li>" in blog.get(
        "/wp-admin/edit-comments.php?comment_type=pings"
    )
    with service.database.read() as session:
        stored = service.find(session, blog.keys, remote_id)
    assert "this fine article" in stored.text
    assert stored.author_name == "An answer – The Reading Room"


def test_a_trackback_is_told_and_waits_or_is_spam(blog, service):
    form = {"title": "Another blog", "url": "https://example.org/post", "blog_name": "Elsewhere", "excerpt": UNKIND}
    blog.cookies = {}
    answer = blog.post(f"/wp-trackback.php/{blog.article}", form).data.decode()
    assert re.search(r"<error>0</error>", answer), answer
    assert blog.status("Elsewhere") == "0"
    shown = service.comment(blog.keys, blog.remote_id("Elsewhere"))
    assert shown["state"] == "held"
    assert any("insult" in reason["code"] or "toxicity" in reason["code"] for reason in shown["reasons"])
