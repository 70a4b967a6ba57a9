"""The service is stopped, and started again: nothing is lost, and nothing asked twice."""

import pytest

from moderation.domain.comment import Action
from tests.e2e.stack import wait_until
from tests.wordpress.conftest import KIND, UNKIND, set_up


@pytest.fixture
def away(blog, service):
    """The service is stopped until the test calls this, and runs again afterwards."""
    blog.comment(blog.article, "Alma", KIND + " Alma")
    set_up(blog, service, blog.keys, deadline=2)
    service.stack.kill("service")

    def come_back() -> None:
        service.stack.start_service()
        set_up(blog, service, blog.keys)

    yield come_back
    if "service" not in service.stack.processes:
        come_back()
    set_up(blog, service, blog.keys)


def test_comments_are_held_then_scored_and_released(blog, service, away):
    blog.comment(blog.article, "Paul", KIND + " Paul")
    blog.comment(blog.article, "Pia", UNKIND + " Pia")
    blog.comment(blog.article, "Pit", UNKIND + " Pit")
    assert [blog.status(name) for name in ("Paul", "Pia", "Pit")] == ["0", "0", "0"]
    blog.php(f"wp_set_current_user( 1 ); wp_set_comment_status( {blog.comment_id('Pit')}, 'approve' );")
    set_up(blog, service, blog.keys, deadline=2, when_away="wordpress")
    blog.php("update_option( 'comment_previously_approved', 0 );")
    blog.comment(blog.article, "Quinn", UNKIND + " Quinn")
    blog.php("update_option( 'comment_previously_approved', 1 );")
    assert blog.status("Quinn") == "1"

    blog.sign_in()
    page = blog.get("/wp-admin/edit-comments.php")
    assert "The moderation service does not answer as it should. 4 comments wait" in page
    assert "Waits to be read by the service." in page
    erased = blog.php(
        "$e = apply_filters( 'wp_privacy_personal_data_erasers', array() );"
        "return call_user_func( $e['moderation-service']['callback'], 'alma@example.org', 1 );"
    )
    assert erased["items_retained"] is True
    alma = blog.remote_id("Alma")

    away()
    blog.cron()
    assert [blog.status(name) for name in ("Paul", "Pia", "Pit", "Quinn")] == ["1", "0", "1", "0"]
    shown = [service.comment(blog.keys, blog.remote_id(name)) for name in ("Paul", "Pia", "Pit", "Quinn")]
    assert [(one["state"], one["version"]) for one in shown] == [
        ("published", 1),
        ("held", 1),
        ("published", 2),
        ("held", 1),
    ]
    assert service.comment(blog.keys, alma)["state"] == "erased"
    assert blog.sql("SELECT COUNT(*) FROM wp_moderation_service WHERE due_at IS NOT NULL") == "0"
    assert "does not answer as it should" not in blog.get("/wp-admin/edit-comments.php")


def test_a_decision_here_that_is_yet_untold_outlasts_one_from_there(blog, service):
    """Two people decide at nearly the same time; the later one's counts on both sides."""
    blog.comment(blog.article, "Rosa", UNKIND + " Rosa")
    remote_id = blog.remote_id("Rosa")
    # As if the service had been away when Rosa's comment was approved here.
    comment_id = blog.comment_id("Rosa")
    blog.php(
        f"\\Moderation_Service\\as_the_service( fn() => wp_set_comment_status( {comment_id}, 'approve' ) );"
        f"\\Moderation_Service\\tell_later( '{remote_id}', array( 'todo_decision' => 'publish' ), 3600 );"
    )
    service.decide(blog.keys, remote_id, Action.REJECT)
    before = blog.sql(f"SELECT version FROM wp_moderation_service WHERE remote_id = '{remote_id}'")
    assert before == "1"
    query = f"SELECT version FROM wp_moderation_service WHERE remote_id = '{remote_id}'"
    wait_until(lambda: blog.sql(query) == "2", "the event", timeout_s=60)
    assert blog.status("Rosa") == "1"
    blog.cron()
    assert (blog.status("Rosa"), service.comment(blog.keys, remote_id)["state"]) == ("1", "published")
