"""Two blogs on one service know nothing of each other; on the second, the stock Akismet plugin is tried too."""

import shutil

import pytest

from moderation.domain.comment import Action
from tests.factories import WEBHOOK_SECRET
from tests.wordpress.conftest import KIND, UNKIND, activate, add_article, events_address, set_up, wait_for
from tests.wordpress.test_events import event, headers, send
from tests.wordpress.wordpress import PLUGIN

SECOND_SECRET = "whsec_" + "U2Vjb25kIHNlY3JldCBvZiB0aGUgb3RoZXIgYmxvZyE="


@pytest.fixture(scope="module")
def second(new_wordpress, service, shared_seed):
    blog = new_wordpress("second", extra=f"define( 'AKISMET_HERE', '{service.url}' );")
    blog.add_plugin(PLUGIN)
    activate(blog, "moderation-service/moderation-service.php")
    blog.keys = service.new_site("second", webhook_url=events_address(blog), blog=blog.url, secret=SECOND_SECRET)
    blog.article = add_article(blog, shared_seed["article"])
    set_up(blog, service, blog.keys, secret=SECOND_SECRET)
    return blog


def test_neither_sees_the_others_comments_keys_or_outcomes(blog, second, service):
    blog.comment(blog.article, "Tom", UNKIND + " Tom")
    second.comment(second.article, "Tom", UNKIND + " Tom")
    ours, theirs = blog.remote_id("Tom"), second.remote_id("Tom")
    assert ours != theirs
    assert service.ask(blog.keys, f"/v1/comments/{theirs}").status == 404
    assert service.ask(second.keys, f"/v1/comments/{ours}", method="DELETE").status == 404
    assert {item["id"] for item in service.all_comments(second.keys)} == {theirs}

    service.decide(second.keys, theirs, Action.PUBLISH)
    wait_for(second, "Tom", "1")
    assert blog.status("Tom") == "0"
    forged = event(theirs, "rejected", 9)
    assert send(second, forged, headers(forged, secret=WEBHOOK_SECRET)) == (401, "signature_invalid")

    # One's key with the other's secret: the test says so.
    set_up(second, service, second.keys, secret=WEBHOOK_SECRET)
    found = second.php(
        "require_once WP_PLUGIN_DIR . '/moderation-service/admin/connection.php';"
        "return \\Moderation_Service\\test_connection();"
    )
    assert [one["is_good"] for one in found] == [True, False, True]
    assert "webhook secret is not this site" in found[1]["text"]
    set_up(second, service, second.keys, secret=SECOND_SECRET)


def test_stock_akismet_plugin_is_answered_here(second, service):
    """Its key check, its comment check, and its reports of what people decide."""
    shutil.copy(PLUGIN.parent / "akismet-here.php", second.root / "wp-content" / "mu-plugins")
    activate(second, "akismet/akismet.php")
    assert second.php(f"return Akismet::verify_key( '{second.keys.akismet_key}' );") == "valid"
    assert second.php("return Akismet::verify_key( 'abcdefabcdef' );") == "invalid"
    second.php(f"update_option( 'wordpress_api_key', '{second.keys.akismet_key}' );")
    second.php("update_option( 'comment_previously_approved', 0 );")

    second.comment(second.article, "Uma", KIND + " Uma")
    second.comment(second.article, "Udo", UNKIND + " Udo")
    assert (second.status("Uma"), second.status("Udo")) == ("1", "spam")

    person = "wp_set_current_user( 1 ); $_SERVER['REMOTE_ADDR'] = '127.0.0.1';"
    second.php(f"{person} Akismet::submit_nonspam_comment( {second.comment_id('Udo')} );")
    second.php(
        f"{person} wp_set_comment_status( {second.comment_id('Uma')}, 'spam' );"
        f" Akismet::submit_spam_comment( {second.comment_id('Uma')} );"
    )
    with service.database.read() as session:
        states = {
            row.author_name: (row.state.value, row.decided_by_person)
            for row in service.rows(session, second.keys)
            if row.author_name in ("Uma", "Udo")
        }
    assert states == {"Uma": ("spam", True), "Udo": ("published", True)}


def test_what_akismet_asks_of_a_bare_address_is_sent_here_too(second, service):
    found = second.php(
        "remove_all_filters( 'pre_http_request' ); $GLOBALS['seen'] = array();"
        "add_filter( 'pre_http_request', 'Akismet_Here\\send_here', 10, 3 );"
        "add_filter( 'pre_http_request', function ( $a, $r, $u ) { $GLOBALS['seen'][] = $u; return $a; }, 1, 3 );"
        "$named = array( 'headers' => array( 'Host' => 'rest.akismet.com' ) );"
        "wp_remote_post( 'https://192.0.2.1/1.1/verify-key', $named );"
        "wp_remote_get( 'https://abcdefabcdef.rest.akismet.com/1.2/key-sites?format=json' );"
        "return $GLOBALS['seen'];"
    )
    assert found[0] == "https://192.0.2.1/1.1/verify-key"
    assert found[1].startswith("http://127.0.0.1:")
    assert found[3] == f"{service.url}/1.2/key-sites?format=json&api_key=abcdefabcdef"
