"""A network of two sites (multisite): the plugin is switched on for both, each a site of the service."""

import re

import pytest

from moderation.domain.comment import Action
from tests.factories import WEBHOOK_SECRET
from tests.wordpress.conftest import KIND, UNKIND, wait_for
from tests.wordpress.wordpress import PLUGIN

PLUGIN_FILE = "moderation-service/moderation-service.php"
OTHER_SECRET = "whsec_" + "VGhlIHNlY29uZCBzaXRlIG9mIHRoZSBuZXR3b3JrLi4="


def new_site(blog, name):
    return (
        f"wp_insert_site( array( 'domain' => '127.0.0.1:{blog.port}', 'path' => '/{name}/', 'network_id' => 1,"
        f" 'user_id' => 1, 'title' => '{name}' ) )"
    )


@pytest.fixture(scope="module")
def network(new_wordpress, service):
    """Two sites below one root; `keys` are theirs at the service."""
    blog = new_wordpress("network", extra="define( 'WP_ALLOW_MULTISITE', true );")
    # What the wizard under Tools does; it refuses a host with a port, which WordPress itself does not.
    blog.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; require_once ABSPATH . 'wp-admin/includes/upgrade.php';"
        "global $wpdb; foreach ( $wpdb->tables( 'ms_global' ) as $name => $table ) { $wpdb->$name = $table; }"
        "install_network();"
        f"return populate_network( 1, '127.0.0.1:{blog.port}', 'admin@example.org', 'Network', '/', false );"
    )
    config = blog.root / "wp-config.php"
    lines = f"""define( 'MULTISITE', true );
define( 'SUBDOMAIN_INSTALL', false );
define( 'DOMAIN_CURRENT_SITE', '127.0.0.1:{blog.port}' );
define( 'PATH_CURRENT_SITE', '/' );
define( 'SITE_ID_CURRENT_SITE', 1 );
define( 'BLOG_ID_CURRENT_SITE', 1 );
$table_prefix"""
    blog.sql(f"UPDATE wp_options SET option_value = '{blog.url}' WHERE option_name IN ('home', 'siteurl')")
    text = re.sub(r"(?m)^define\( 'WP_(HOME|SITEURL|ALLOW_MULTISITE)'.*\n", "", config.read_text(encoding="utf-8"))
    config.write_text(text.replace("$table_prefix", lines, 1), encoding="utf-8")
    (blog.root / "two").symlink_to(".")  # in place of the web server's rewriting
    blog.add_plugin(PLUGIN)
    blog.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        f"$error = activate_plugin( '{PLUGIN_FILE}', '', true ); if ( is_wp_error( $error ) ) {{ return $error; }}"
        f"return {new_site(blog, 'two')};"
    )
    # WordPress drops the colon before a port.
    blog.sql(f"UPDATE wp_blogs SET domain = '127.0.0.1:{blog.port}'")
    blog.sql(f"UPDATE wp_2_options SET option_value = '{blog.url}/two' WHERE option_name IN ('home', 'siteurl')")
    blog.keys = []
    for number, path in ((1, ""), (2, "/two")):
        secret = (WEBHOOK_SECRET, OTHER_SECRET)[number - 1]
        address = f"{blog.url}{path}/wp-json/moderation-service/v1/events"
        keys = service.new_site(f"network-{number}", webhook_url=address, blog=blog.url + path, secret=secret)
        blog.get(f"{path}/")  # the tables are made
        settings = {"address": service.url, "key": keys.api_key, "secret": secret, "deadline": 25}
        pairs = ", ".join(f"'{name}' => '{value}'" for name, value in settings.items())
        blog.php(f"switch_to_blog( {number} ); update_option( 'moderation_service', array( {pairs} ) );")
        blog.keys.append(keys)
    return blog


def comment(blog, path, author, text):
    form = {"comment_post_ID": 1, "comment_parent": 0, "author": author, "email": f"{author}@example.org"}
    blog.cookies = {}
    assert blog.post(f"{path}/wp-comments-post.php", form | {"comment": text, "url": ""}).status == 302


def found(blog, prefix, author):
    """Status and id at the service of the comment by *author*."""
    query = (
        f"SELECT comment_approved, remote_id FROM {prefix}comments AS c JOIN {prefix}moderation_service AS r"
        f" ON r.comment_id = c.comment_ID WHERE comment_author = '{author}'"
    )
    return tuple(blog.sql(query).split("\t"))


def test_each_site_has_its_own_settings_and_outcomes(network, service):
    comment(network, "", "Una", UNKIND + " Una")
    comment(network, "/two", "Duo", UNKIND + " Duo")
    comment(network, "/two", "Dina", KIND + " Dina")
    (una, una_id), (duo, duo_id) = found(network, "wp_", "Una"), found(network, "wp_2_", "Duo")
    assert (una, duo, found(network, "wp_2_", "Dina")[0]) == ("0", "0", "1")
    first, second = network.keys
    assert {item["id"] for item in service.all_comments(first)} == {una_id}
    assert duo_id in {item["id"] for item in service.all_comments(second)}

    service.decide(second, duo_id, Action.PUBLISH)
    query = "SELECT comment_approved FROM wp_2_comments WHERE comment_author = 'Duo'"
    network.status = lambda author: network.sql(query)
    wait_for(network, "Duo", "1")
    assert found(network, "wp_", "Una")[0] == "0"


def test_what_a_site_had_goes_with_it_and_with_the_plugin(network):
    network.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        f"$three = {new_site(network, 'three')};"
        "switch_to_blog( $three ); \\Moderation_Service\\prepare_table(); restore_current_blog();"
        "wp_delete_site( $three );"
    )
    assert "wp_3_" not in network.sql("SHOW TABLES")
    assert "wp_2_moderation_service_seen" in network.sql("SHOW TABLES")
    hooks = "return array_keys( array_merge( ...array_values( array_filter( _get_cron_array(), 'is_array' ) ) ) );"
    assert "moderation_service_send" in network.php(f"switch_to_blog( 2 ); {hooks}")
    network.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        f"deactivate_plugins( '{PLUGIN_FILE}', false, true ); uninstall_plugin( '{PLUGIN_FILE}' );"
    )
    assert "moderation_service" not in network.sql("SHOW TABLES")
    for prefix in ("wp_", "wp_2_"):
        named = f"SELECT option_name FROM {prefix}options WHERE option_name LIKE '%moderation_service%'"
        assert network.sql(named) == ""
    for number in (1, 2):
        assert "moderation_service_send" not in network.php(f"switch_to_blog( {number} ); {hooks}")
    ours = [line for line in network.log.splitlines() if "moderation-service" in line or "Moderation_Service" in line]
    assert ours == []
