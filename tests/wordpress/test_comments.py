"""Readers comment, the service decides, and both sides stay in step."""

import json

from moderation.domain.comment import Action
from moderation.storage.tables import Article, Author
from tests.e2e.stack import wait_until
from tests.wordpress.conftest import KIND, UNKIND, wait_for
from tests.wordpress.wordpress import ADMIN, PASSWORD


def test_a_kind_comment_appears_and_the_seed_comment_waits(blog, service, shared_seed):
    blog.comment(blog.article, "Ann", KIND)
    blog.comment(blog.article, "Michael", shared_seed["comment"]["text"], parent=blog.comment_id("Ann"))

    assert (blog.status("Ann"), blog.status("Michael")) == ("1", "0")
    ann, michael = (service.comment(blog.keys, blog.remote_id(name)) for name in ("Ann", "Michael"))
    assert (ann["state"], michael["state"]) == ("published", "held")
    assert ann["article_id"] == str(blog.article)
    page = blog.get(f"/?p={blog.article}")
    assert KIND in page
    assert shared_seed["comment"]["text"][:40] not in page


def test_what_the_service_reads_is_what_readers_would(blog, service):
    """The words without markup, where a link leads, the article once, the comment that is answered."""
    text = 'It\\\'s "<b>fine</b>" &amp; <a href="https://example.org/x">here</a>, Ann’s \N{GRINNING FACE}'
    blog.comment(blog.article, "Carl", text, parent=blog.comment_id("Ann"))
    with service.database.read() as session:
        stored = service.find(session, blog.keys, blog.remote_id("Carl"))
        assert stored.text == 'It\\\'s "fine" & here (https://example.org/x), Ann’s \N{GRINNING FACE}'
        author, article = session.get(Author, stored.author_id), session.get(Article, stored.article_id)
    assert (stored.author_name, author.email) == ("Carl", "carl@example.org")
    assert stored.parent_text == KIND
    assert len(article.text) > 1000
    assert "<" not in article.text
    # The same again is the same comment: nothing was edited on the way.
    blog.php(
        f"$id = {blog.comment_id('Carl')}; $r = \\Moderation_Service\\record_of( $id );"
        " \\Moderation_Service\\submit( $r->remote_id, get_comment( $id )->to_array(), 20 );"
    )
    assert service.comment(blog.keys, blog.remote_id("Carl"))["version"] == 1


def test_comments_by_rest_are_moderated_too(blog):
    text = UNKIND + ' Said "so" by REST \\ twice.'
    for name, content in (("Rita", KIND + " Really."), ("Rolf", text)):
        body = {"post": blog.article, "author_name": name, "author_email": f"{name}@example.org", "content": content}
        blog.cookies = {}
        answer = blog.request(
            "POST", "/wp-json/wp/v2/comments", body=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status == 201, answer.data
    assert (blog.status("Rita"), blog.status("Rolf")) == ("1", "0")
    assert answer.json()["status"] == "hold"


def test_those_who_may_moderate_are_not_asked_about_and_spam_stays_spam(blog, service):
    before = len(service.all_comments(blog.keys))
    blog.sign_in(ADMIN, PASSWORD)
    blog.post("/wp-comments-post.php", {"comment_post_ID": blog.article, "comment_parent": 0, "comment": "Welcome."})
    blog.php("update_option( 'disallowed_keys', 'casino-palace' );")
    blog.comment(blog.article, "Spammy", "Visit casino-palace today")
    blog.php("update_option( 'disallowed_keys', '' );")

    assert (blog.status(ADMIN), blog.status("Spammy")) == ("1", "trash")
    assert len(service.all_comments(blog.keys)) == before


def test_what_wordpress_holds_on_purpose_stays_held_on_both_sides(blog, service):
    blog.php("update_option( 'moderation_keys', 'gooseberry' );")
    blog.comment(blog.article, "Gus", "I made gooseberry jam after reading this fine article.")
    blog.php("update_option( 'moderation_keys', '' );")
    assert blog.status("Gus") == "0"
    shown = service.comment(blog.keys, blog.remote_id("Gus"))
    assert (shown["state"], shown["decided_by"]) == ("held", "blog")

    service.decide(blog.keys, blog.remote_id("Gus"), Action.PUBLISH)
    wait_for(blog, "Gus", "1")


def test_outcomes_of_the_dashboard_change_the_comment(blog, service):
    blog.comment(blog.article, "Olga", UNKIND + " Olga")
    for action, status in ((Action.REJECT, "trash"), (Action.PUBLISH, "1"), (Action.SPAM, "spam")):
        service.decide(blog.keys, blog.remote_id("Olga"), action)
        wait_for(blog, "Olga", status)
    # People at WordPress can take it back as they know it.
    blog.php(f"wp_unspam_comment( {blog.comment_id('Olga')} );")
    assert blog.status("Olga") == "1"
    wait_until(lambda: service.comment(blog.keys, blog.remote_id("Olga"))["state"] == "published", "the service")


def test_what_was_never_stored_is_erased_at_the_service(blog, service):
    code = (
        "define( 'REST_REQUEST', true ); add_filter( 'rest_pre_insert_comment',"
        " function () { return new WP_Error( 'no', 'No.', array( 'status' => 403 ) ); } );"
        "$r = new WP_REST_Request( 'POST', '/wp/v2/comments' );"
        f"$r->set_body_params( array( 'post' => {blog.article}, 'author_name' => 'Nora',"
        f" 'author_email' => 'nora@example.org', 'content' => 'Never stored, {KIND}' ) );"
        "add_filter( 'rest_allow_anonymous_comments', '__return_true' );"
        "return rest_do_request( $r )->get_status();"
    )
    assert blog.php(code) == 403
    assert blog.status("Nora") == ""
    newest = service.all_comments(blog.keys)[0]
    assert newest["state"] == "erased"
    assert blog.sql("SELECT COUNT(*) FROM wp_moderation_service WHERE comment_id = 0") == "0"


def test_too_long_a_text_waits_for_a_person_and_says_why(blog, service):
    blog.comment(blog.article, "Lena", "A long story. " * 1600)
    assert blog.status("Lena") == "0"
    assert "Too long for the service" in blog.sql(
        f"SELECT verdict FROM wp_moderation_service WHERE comment_id = {blog.comment_id('Lena')}"
    )
    assert blog.sql("SELECT COUNT(*) FROM wp_moderation_service WHERE due_at IS NOT NULL") == "0"
