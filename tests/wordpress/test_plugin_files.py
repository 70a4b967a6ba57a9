"""The plugin's files: what PHP, the coding standards and translators ask of them."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from moderation.config import ROOT
from tests.conftest import skip_or_fail
from tests.wordpress.wordpress import PLUGIN

HERE = Path(__file__).parent
FILES = [*PLUGIN.rglob("*.php"), PLUGIN.parent / "akismet-here.php"]
WORDS = PLUGIN / "languages" / "moderation-service.pot"
# Of PHP itself, later than 7.4. WordPress 6.1 brings str_contains() and its like with it.
LATER = (
    *("array_all", "array_any", "array_find", "array_is_list", "enum_exists", "fdatasync", "fdiv", "fsync"),
    *("get_debug_type", "get_resource_id", "ini_parse_quantity", "json_validate", "mb_str_pad", "mb_trim"),
    *("preg_last_error_msg", "str_decrement", "str_increment"),
)


def program(name: str) -> str:
    if shutil.which(name) is None:
        skip_or_fail(f"{name} is not installed (on Debian: php-cli, php-codesniffer, gettext)")
    return name


def test_every_file_is_php_that_nobody_can_call_by_itself():
    for path in FILES:
        done = subprocess.run([program("php"), "-l", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        text = path.read_text(encoding="utf-8")
        assert re.search(r"defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;", text), path
        assert not re.search(r"\b(eval|exec|shell_exec|system|passthru|popen|proc_open|unserialize|extract)\s*\(", text)


@pytest.fixture(scope="module")
def as_php(tmp_path_factory):
    """What an older version of PHP would not understand in some files."""
    folder = tmp_path_factory.mktemp("php")
    for name in ("package.json", "package-lock.json", "syntax.mjs"):
        shutil.copy(HERE / name, folder)
    programs = Path(sys.executable).parent
    install = [programs / "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode:
        skip_or_fail("npm could not fetch the parser of PHP")

    def _read(version: str, *paths: Path) -> str:
        command = [programs / "node", "syntax.mjs", version, *paths]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout

    return _read


def test_php_7_4_understands_every_file(as_php, tmp_path):
    newer = tmp_path / "newer.php"
    for code in ("$a?->b();", "f( a: 1 );", "echo match ( $a ) { 1 => 2 };", "try { f(); } catch ( E ) {}"):
        newer.write_text(f"<?php {code}", encoding="utf-8")
        assert "newer.php" in as_php("7.4", newer)
    assert as_php("7.4", *FILES) == ""
    for path in FILES:
        assert not re.search(rf"(?<![\w>:$])({'|'.join(LATER)})\s*\(", path.read_text(encoding="utf-8")), path


def test_coding_standards_are_kept():
    done = subprocess.run(
        [program("phpcs"), "-s", "-q"], cwd=PLUGIN.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_words_of_the_plugin_can_all_be_translated():
    for path in FILES:
        for call in re.findall(
            r"\b(?:__|_n|_x|esc_html__|esc_html_e|esc_attr__)\((?:[^()']|'[^']*')*\)", path.read_text()
        ):
            assert "'moderation-service'" in call, (path, call)


def test_the_list_of_words_is_up_to_date_and_explains_its_gaps(tmp_path):
    program("xgettext")
    shutil.copytree(PLUGIN, tmp_path / PLUGIN.name)
    shutil.copy(PLUGIN.parent / "make-pot", tmp_path)
    subprocess.run([tmp_path / "make-pot"], check=True)
    made = (tmp_path / PLUGIN.name / "languages" / WORDS.name).read_text(encoding="utf-8")
    assert made == WORDS.read_text(encoding="utf-8"), "run `make wordpress-messages`"
    for entry in made.split("\n\n"):
        assert "php-format" not in entry or "#. translators:" in entry, entry


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
    wanted = {"moderation-service.php", "readme.txt", "LICENSE", f"languages/{WORDS.name}"}
    assert {f"moderation-service/{name}" for name in wanted} <= set(names)
