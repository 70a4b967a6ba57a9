"""What people at WordPress decide, edit, delete and ask to forget reaches the service."""

import html
import re
from urllib.parse import urlencode

from tests.e2e.stack import wait_until
from tests.wordpress.conftest import KIND, UNKIND
from tests.wordpress.wordpress import fields_of


def state(service, blog, author):
    return service.comment(blog.keys, blog.remote_id(author))


def has_state(service, blog, author, wanted):
    wait_until(lambda: state(service, blog, author)["state"] == wanted, f"{author}'s comment to be {wanted}")


def test_links_of_the_list_and_of_the_mail_are_told(blog, service):
    blog.comment(blog.article, "Dora", UNKIND + " Dora")
    blog.sign_in()
    page = blog.get("/wp-admin/edit-comments.php")
    comment_id = blog.comment_id("Dora")
    links = [html.unescape(link) for link in re.findall(r'href="(comment\.php\?[^"]*)"', page)]
    approve = next(link for link in links if "approvecomment" in link and f"c={comment_id}&" in f"{link}&")
    assert blog.request("GET", f"/wp-admin/{approve}").status == 302
    assert blog.status("Dora") == "1"
    shown = state(service, blog, "Dora")
    assert (shown["state"], shown["decided_by"]) == ("published", "blog")
    assert shown["history"][-1]["note"] == "Decided in WordPress by admin."

    # The mail to moderators leads to a page that asks once more.
    address = f"/wp-admin/comment.php?action=spam&c={comment_id}"
    form = next(f for f in re.findall(r"<form.*?</form>", blog.get(address), flags=re.S) if "spamcomment" in f)
    assert blog.post("/wp-admin/comment.php", fields_of(form)).status == 302
    assert (blog.status("Dora"), state(service, blog, "Dora")["state"]) == ("spam", "spam")


def test_unapproving_trashing_and_restoring_are_told(blog, service):
    blog.comment(blog.article, "Emil", KIND + " Emil")
    comment_id = blog.comment_id("Emil")
    for call, status, wanted in (
        (f"wp_set_comment_status( {comment_id}, 'hold' )", "0", "held"),
        (f"wp_set_comment_status( {comment_id}, 'approve' )", "1", "published"),
        (f"wp_trash_comment( {comment_id} )", "trash", "rejected"),
        (f"wp_untrash_comment( {comment_id} )", "1", "published"),
    ):
        blog.php(f"{call};")
        assert (blog.status("Emil"), state(service, blog, "Emil")["state"]) == (status, wanted)


def test_staff_edits_keep_the_comment_and_other_edits_are_asked_about(blog, service):
    blog.comment(blog.article, "Fay", KIND + " Fay")
    comment_id = blog.comment_id("Fay")
    edit = f"wp_update_comment( array( 'comment_ID' => {comment_id}, 'comment_content' => '%s' ) );"
    blog.php("wp_set_current_user( 1 );" + edit % (UNKIND + " That was a quotation."))
    shown = state(service, blog, "Fay")
    assert (blog.status("Fay"), shown["state"], shown["decided_by"]) == ("1", "published", "blog")

    blog.php("wp_set_current_user( 0 );" + edit % (UNKIND + " Edited by its author."))
    assert (blog.status("Fay"), state(service, blog, "Fay")["state"]) == ("0", "held")


def test_two_hundred_at_once(blog, service):
    """A page of the list is approved in one request; what takes too long there goes on by itself."""
    rows = ", ".join(
        f"({blog.article}, 'Bulk', 'bulk@example.org', 'A calm remark number {n}.', '0', NOW(), UTC_TIMESTAMP(), '')"
        for n in range(200)
    )
    blog.sql(
        "INSERT INTO wp_comments (comment_post_ID, comment_author, comment_author_email, comment_content,"
        f" comment_approved, comment_date, comment_date_gmt, comment_author_url) VALUES {rows}"
    )
    ids = blog.sql("SELECT comment_ID FROM wp_comments WHERE comment_author = 'Bulk'").split()
    blog.sign_in()
    nonce = re.search(r'id="_wpnonce" name="_wpnonce" value="(\w+)"', blog.get("/wp-admin/edit-comments.php"))[1]
    query = urlencode({"action": "approve", "_wpnonce": nonce, "delete_comments[]": ids}, doseq=True)
    assert blog.request("GET", f"/wp-admin/edit-comments.php?{query}").status == 302

    assert (
        blog.sql("SELECT COUNT(*) FROM wp_comments WHERE comment_author = 'Bulk' AND comment_approved = '1'") == "200"
    )
    waits = "SELECT COUNT(*) FROM wp_moderation_service WHERE due_at IS NOT NULL"
    wait_until(lambda: blog.cron() or blog.sql(waits) == "0", "all of them to be told", timeout_s=120)
    told = blog.sql(
        "SELECT COUNT(*), MIN(state), MAX(state), MIN(version), MAX(version) FROM wp_moderation_service AS r"
        " JOIN wp_comments AS c ON c.comment_ID = r.comment_id WHERE comment_author = 'Bulk'"
    )
    assert told.split("\t") == ["200", "published", "published", "2", "2"]


def test_deleting_for_good_erases_at_the_service(blog, service):
    blog.comment(blog.article, "Hanna", KIND + " Hanna")
    remote_id = blog.remote_id("Hanna")
    blog.php(f"wp_delete_comment( {blog.comment_id('Hanna')}, true );")
    assert service.comment(blog.keys, remote_id)["state"] == "erased"
    assert blog.sql(f"SELECT COUNT(*) FROM wp_moderation_service WHERE remote_id = '{remote_id}'") == "0"


def test_export_and_erasure_through_wordpress_tools_reach_the_service(blog, service):
    for text in (KIND + " Ivo", UNKIND + " Ivo"):
        blog.comment(blog.article, "Ivo", text)
    remote_id = blog.remote_id("Ivo")
    exported = blog.php(
        "$e = apply_filters( 'wp_privacy_personal_data_exporters', array() );"
        "return call_user_func( $e['moderation-service']['callback'], 'ivo@example.org', 1 );"
    )
    values = [{row["name"]: row["value"] for row in item["data"]} for item in exported["data"]]
    assert exported["done"] is True
    assert [value["Outcome"] for value in values] == ["published", "held"]
    assert "probability" in values[1]["Reasons"]

    erased = blog.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        "$all = array(); foreach ( apply_filters( 'wp_privacy_personal_data_erasers', array() ) as $name => $e ) {"
        " $all[ $name ] = call_user_func( $e['callback'], 'ivo@example.org', 1 ); } return $all;"
    )
    assert next(iter(erased)) == "moderation-service"
    assert erased["moderation-service"]["items_removed"] is True
    assert erased["wordpress-comments"]["items_removed"] is True
    assert service.comment(blog.keys, remote_id)["state"] == "erased"
    assert blog.status("Anonymous") == "0"  # WordPress keeps the words, without a name

    # It is never sent again, whatever is done with what is left.
    comment_id = blog.sql(f"SELECT comment_id FROM wp_moderation_service WHERE remote_id = '{remote_id}'")
    blog.php(f"wp_set_comment_status( {comment_id}, 'approve' );")
    assert service.comment(blog.keys, remote_id)["state"] == "erased"


def test_old_comments_are_imported_without_changing_them(blog, service):
    states = {"1": "published", "0": "held", "spam": "spam", "trash": "rejected"}
    blog.sql(
        "INSERT INTO wp_comments (comment_post_ID, comment_author, comment_author_email, comment_content,"
        " comment_approved, comment_date, comment_date_gmt, comment_author_url) VALUES "
        + ", ".join(
            f"({blog.article}, 'Old {status}', 'old@example.org', '{UNKIND} Old {status}', '{status}',"
            " '2019-05-04 12:00:00', '2019-05-04 10:00:00', '')"
            for status in states
        )
    )
    blog.sign_in()
    page = "/wp-admin/options-general.php?page=moderation-service"
    assert blog.press(page, "moderation_service_import").status == 302
    assert "Going on in the background" in blog.get(page)
    # Stopped and begun again, it goes on where it was.
    assert blog.press(page, "moderation_service_stop").status == 302
    assert "Stopped at 0 of" in blog.get(page)
    assert blog.press(page, "moderation_service_import").status == 302
    waits = "SELECT COUNT(*) FROM wp_moderation_service WHERE due_at IS NOT NULL"
    going = "return \\Moderation_Service\\import_state()['is_on'];"
    wait_until(lambda: blog.cron() or (not blog.php(going) and blog.sql(waits) == "0"), "the import", timeout_s=120)

    for status, wanted in states.items():
        shown = state(service, blog, f"Old {status}")
        assert (blog.status(f"Old {status}"), shown["state"], shown["decided_by"]) == (status, wanted, "blog")
    before = len(service.all_comments(blog.keys))
    blog.press(page, "moderation_service_import")
    blog.cron()
    assert len(service.all_comments(blog.keys)) == before
    assert "0 comments were told" in blog.get(page)
