"""What holds for all of it: who may do what, the files themselves, and what PHP says of them after all these tests."""

import re
import subprocess
import zipfile

from moderation.config import ROOT
from tests.conftest import skip_or_fail
from tests.wordpress.wordpress import PLUGIN, find_wordpress

FILES = [*PLUGIN.rglob("*.php"), PLUGIN.parent / "akismet-here.php"]


def test_every_file_is_php_that_nobody_can_call_by_itself():
    if not find_wordpress():
        skip_or_fail("PHP is not installed")
    for path in FILES:
        done = subprocess.run(["php", "-l", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        text = path.read_text(encoding="utf-8")
        assert re.search(r"defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;", text), path
        assert not re.search(r"\b(eval|exec|shell_exec|system|passthru|popen|proc_open|unserialize|extract)\s*\(", text)


def test_words_of_the_plugin_can_all_be_translated():
    for path in FILES:
        for call in re.findall(
            r"\b(?:__|_n|_x|esc_html__|esc_html_e|esc_attr__)\((?:[^()']|'[^']*')*\)", path.read_text()
        ):
            assert "'moderation-service'" in call, (path, call)


def test_version_is_the_same_everywhere():
    main = (PLUGIN / "moderation-service.php").read_text(encoding="utf-8")
    readme = (PLUGIN / "readme.txt").read_text(encoding="utf-8")
    versions = {re.search(r"Version: +([\d.]+)", main)[1], re.search(r"const VERSION = '([\d.]+)'", main)[1]}
    assert versions == {re.search(r"Stable tag: ([\d.]+)", readme)[1]}


def test_zip_holds_one_folder():
    subprocess.run(["make", "-s", "wordpress-plugin"], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(ROOT / "dist" / "moderation-service.zip") as made:
        names = made.namelist()
    assert {name.split("/")[0] for name in names} == {"moderation-service"}
    assert {"moderation-service/moderation-service.php", "moderation-service/readme.txt"} <= set(names)


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
