"""What holds for all of it: who may do what, and what PHP says of the plugin after all these tests."""

import shutil
import subprocess

from tests.conftest import skip_or_fail
from tests.wordpress.wordpress import PLUGIN


def test_buttons_need_an_owner_and_a_nonce(blog):
    blog.php("wp_insert_user( array( 'user_login' => 'edith', 'user_pass' => 'edith pass', 'role' => 'editor' ) );")
    actions = ("test", "send", "import", "stop")
    blog.cookies = {}
    for action in actions:
        answer = blog.post("/wp-admin/admin-post.php", {"action": f"moderation_service_{action}"})
        assert b"moderation" not in answer.data.lower()
    blog.sign_in("edith", "edith pass")
    for action in actions:
        assert blog.post("/wp-admin/admin-post.php", {"action": f"moderation_service_{action}"}).status == 403
    assert blog.request("GET", "/wp-admin/options-general.php?page=moderation-service").status == 403
    blog.sign_in()
    for action in actions:
        assert blog.post("/wp-admin/admin-post.php", {"action": f"moderation_service_{action}"}).status == 403
    assert blog.php("return \\Moderation_Service\\import_state()['is_on'];") is False


def test_a_translation_in_its_folder_is_used(blog):
    """Made as make-pot says: WordPress reads what msgfmt writes, and nothing with another kind of table in it."""
    if shutil.which("msgfmt") is None:
        skip_or_fail("msgfmt is not installed (on Debian: gettext)")
    words = (PLUGIN / "languages" / "moderation-service.pot").read_text(encoding="utf-8")
    words = words.replace('msgid "Old comments"\nmsgstr ""', 'msgid "Old comments"\nmsgstr "Alte Kommentare"')
    folder, installed = (blog.root / "wp-content" / name for name in (f"plugins/{PLUGIN.name}/languages", "languages"))
    # As if German had been installed: WordPress takes no language that it does not have.
    installed.mkdir(exist_ok=True)
    for compiled in (folder / "moderation-service-de_DE.mo", installed / "de_DE.mo"):
        subprocess.run(["msgfmt", "-", f"--output-file={compiled}"], input=words, text=True, check=True)
    blog.sign_in()
    blog.php("update_option( 'WPLANG', 'de_DE' );")
    page = blog.get("/wp-admin/options-general.php?page=moderation-service")
    blog.php("update_option( 'WPLANG', '' );")
    assert "<h2>Alte Kommentare</h2>" in page


def test_uninstalling_leaves_nothing(new_wordpress, blog):
    gone = new_wordpress("gone")
    gone.add_plugin(PLUGIN)
    gone.php("update_option( 'active_plugins', array( 'moderation-service/moderation-service.php' ) );")
    gone.sign_in()  # a page, which makes the tables
    assert "moderation_service" in gone.sql("SHOW TABLES")
    assert "not set up yet" in gone.get("/wp-admin/index.php")
    gone.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        "deactivate_plugins( 'moderation-service/moderation-service.php' );"
        "uninstall_plugin( 'moderation-service/moderation-service.php' );"
    )
    assert "moderation_service" not in gone.sql("SHOW TABLES")
    assert gone.sql("SELECT option_name FROM wp_options WHERE option_name LIKE '%moderation_service%'") == ""
    assert "moderation-service" not in gone.log


def test_php_complains_of_no_line_of_ours(blog):
    """WordPress 6.1 itself logs that it was written for an older PHP."""
    assert "Deprecated" in blog.log or "PHP" in blog.log or blog.log == ""
    ours = [line for line in blog.log.splitlines() if "moderation-service" in line or "Moderation_Service" in line]
    database = [line for line in blog.log.splitlines() if "WordPress database error" in line]
    assert (ours, database) == ([], [])
