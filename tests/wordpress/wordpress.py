"""A real WordPress in a temporary folder: Debian's package, its own database, PHP's own server."""

import html
import json
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from moderation.config import ROOT
from tests.e2e.stack import answers, wait_until
from tests.postgres import free_port
from tests.wordpress.mariadb import MariaDb

SOURCE = Path("/usr/share/wordpress")
PLUGIN = ROOT / "integrations" / "wordpress" / "moderation-service"
ADMIN, PASSWORD = "admin", "a pass phrase for tests"

CONFIG = """<?php
define( 'DB_NAME', '{name}' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', '127.0.0.1:{port}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', '{url}' );
define( 'WP_SITEURL', '{url}' );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_LOG', '{folder}/debug.log' );
define( 'WP_DEBUG_DISPLAY', false );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost' );
{salts}
{extra}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
    define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""
# A test comments faster than a person, also by REST, and no mail leaves it.
SURROUNDINGS = """<?php
add_filter( 'comment_flood_filter', '__return_false', 99 );
add_filter( 'pre_wp_mail', '__return_true' );
add_filter( 'rest_allow_anonymous_comments', '__return_true' );
"""
SALTS = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY")
SALTS += ("AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")


def find_wordpress() -> bool:
    return (SOURCE / "wp-settings.php").exists() and shutil.which("php") is not None


class WordPress:
    """One blog. `log` is what PHP and WordPress complained of."""

    def __init__(self, folder: Path, maria: MariaDb, name: str) -> None:
        self.folder, self.maria, self.name = folder, maria, name
        self.root, self.port = folder / "blog", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # A jar of its own for each person; nothing is followed, so that a test sees each answer.
        self.http = urllib3.PoolManager(retries=False, timeout=60)
        self.cookies: dict[str, str] = {}
        self.process: subprocess.Popen | None = None

    def install(self, *, title: str = "The Reading Room") -> None:
        """Make it anew, by the form that an owner fills in."""
        self.folder.mkdir(parents=True)
        # Debian's package is a web of links; as copies they all lie below one root.
        shutil.copytree(SOURCE, self.root, ignore=shutil.ignore_patterns(".htaccess", "wp-config.php"))
        always = self.root / "wp-content" / "mu-plugins"
        always.mkdir()
        (always / "surroundings.php").write_text(SURROUNDINGS, encoding="utf-8")
        self.maria.run(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        self._configure()
        self.start()
        form = {
            "weblog_title": title,
            "user_name": ADMIN,
            "admin_password": PASSWORD,
            "admin_password2": PASSWORD,
            "pw_weak": "on",
            "admin_email": "admin@example.org",
            "blog_public": "0",
            "Submit": "Install",
        }
        answer = self.post("/wp-admin/install.php?step=2", form)
        assert "Success" in answer.data.decode(), answer.data.decode()[-2000:]
        self.stop()

    def copy_of(self, other: "WordPress", *, extra: str = "") -> None:
        """Be another blog with all that *other* has: installing takes as long as ten tests."""
        self.folder.mkdir(parents=True)
        shutil.copytree(other.root, self.root)
        self.maria.run(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        for table in self.maria.run("SHOW TABLES", other.name).split():
            self.sql(f"CREATE TABLE {table} LIKE {other.name}.{table}")
            self.sql(f"INSERT INTO {table} SELECT * FROM {other.name}.{table}")
        self._configure(extra)
        self.start()

    def _configure(self, extra: str = "") -> None:
        salts = "\n".join(f"define( '{name}', '{secrets.token_hex(32)}' );" for name in SALTS)
        config = CONFIG.format(
            name=self.name, port=self.maria.port, url=self.url, folder=self.folder, salts=salts, extra=extra
        )
        (self.root / "wp-config.php").write_text(config, encoding="utf-8")

    def start(self) -> None:
        options = ["-d", f"error_log={self.folder / 'php.log'}", "-d", "log_errors=1", "-d", "display_errors=0"]
        options += ["-d", "error_reporting=-1", "-d", "sendmail_path=/bin/true", "-d", "opcache.enable_cli=1"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["php", *options, "-S", f"127.0.0.1:{self.port}", "-t", str(self.root)],
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"},
                cwd=self.root,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: answers(f"{self.url}/license.txt") or answers(f"{self.url}/readme.html"), "WordPress")

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    def add_plugin(self, folder: Path) -> None:
        shutil.copytree(folder, self.root / "wp-content" / "plugins" / folder.name)

    # What WordPress itself is asked and told.

    def php(self, code: str) -> object:
        """Run PHP inside of WordPress, as a plugin's scheduled work does; what it returns, by JSON."""
        script = self.folder / f"run-{secrets.token_hex(4)}.php"
        script.write_text(
            f"<?php $_SERVER['HTTP_HOST'] = '127.0.0.1:{self.port}'; define( 'WP_ADMIN', false );"
            f" require '{self.root}/wp-load.php';"
            f' echo "\\x01" . json_encode( ( function () {{ {code} }} )() );',
            encoding="utf-8",
        )
        log = ["-d", f"error_log={self.folder / 'php.log'}", "-d", "display_errors=0", "-d", "sendmail_path=/bin/true"]
        done = subprocess.run(["php", *log, str(script)], capture_output=True, text=True, check=False, timeout=120)
        script.unlink()
        assert "\x01" in done.stdout, done.stdout + done.stderr
        return json.loads(done.stdout.split("\x01", 1)[1])

    def sql(self, query: str) -> str:
        return self.maria.run(query, self.name)

    def cron(self) -> None:
        """One round of WP-Cron, all of it due."""
        self.sql("UPDATE wp_moderation_service SET due_at = 1 WHERE due_at IS NOT NULL")
        self.php("do_action( 'moderation_service_send' );")

    def status(self, author: str) -> str:
        """The status of the newest comment by *author*: 1, 0, spam, trash; empty if there is none."""
        name = author.replace("'", "''")
        query = f"SELECT comment_approved FROM wp_comments WHERE comment_author = '{name}' ORDER BY comment_ID DESC"
        return self.sql(query + " LIMIT 1")

    def comment_id(self, author: str) -> int:
        name = author.replace("'", "''")
        return int(self.sql(f"SELECT MAX(comment_ID) FROM wp_comments WHERE comment_author = '{name}'"))

    def remote_id(self, author: str) -> str:
        return self.sql(f"SELECT remote_id FROM wp_moderation_service WHERE comment_id = {self.comment_id(author)}")

    @property
    def log(self) -> str:
        paths = (self.folder / "debug.log", self.folder / "php.log")
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.exists())

    # As a browser without a screen.

    def request(self, method: str, path: str, *, body=None, headers=None):
        address = path if path.startswith("http") else self.url + path
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**({"cookie": cookie} if cookie else {}), **(headers or {})}
        answer = self.http.request(method, address, body=body, headers=headers, redirect=False)
        for line in answer.headers.getlist("set-cookie"):
            name, _, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return answer

    def get(self, path: str) -> str:
        answer = self.request("GET", path)
        if answer.status == 301:  # a page has one address
            answer = self.request("GET", answer.headers["location"])
        assert answer.status == 200, (path, answer.status, answer.headers.get("location"))
        return answer.data.decode()

    def post(self, path: str, form):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, body=urlencode(form, doseq=True), headers=headers)

    def comment(self, post_id: int, author: str, text: str, *, parent: int = 0, **more):
        """Write a comment as a visitor, by WordPress's own form."""
        form = {
            "comment_post_ID": post_id,
            "comment_parent": parent,
            "author": author,
            "email": f"{author.lower().replace(' ', '.')}@example.org",
            "url": "",
            "comment": text,
            **more,
        }
        kept, self.cookies = self.cookies, {}
        try:
            return self.post("/wp-comments-post.php", form)
        finally:
            self.cookies = kept

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> None:
        self.cookies = {"wordpress_test_cookie": "WP%20Cookie%20check"}
        form = {"log": name, "pwd": password, "wp-submit": "Log In", "testcookie": "1"}
        assert self.post("/wp-login.php", form).status == 302
        self.get("/wp-admin/index.php")

    def press(self, page: str, button: str):
        """Press a button of a page of the administration: the form around it, with its nonce."""
        text = self.get(page)
        form = next(form for form in re.findall(r"<form.*?</form>", text, flags=re.S) if f'"{button}"' in form)
        action = html.unescape(re.search(r'action="([^"]*)"', form)[1])
        return self.post(action, fields_of(form))


def fields_of(form: str) -> dict[str, str]:
    """The hidden fields of a form."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="hidden"' in tag:
            found[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    return found
