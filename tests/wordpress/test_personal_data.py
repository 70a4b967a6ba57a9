"""Tools → Export Personal Data and Erase Personal Data, by the calls that their pages make."""

import json
import re

import pytest

from tests.conftest import skip_or_fail
from tests.wordpress.conftest import KIND, UNKIND

# What WordPress calls a request of each page, and those who are asked for it.
NAMES = {"export": ("export", "exporter"), "erase": ("remove", "eraser")}


@pytest.fixture
def ask(blog):
    """Request somebody's data on a page of the tools, then press its button; what came of each part."""

    def _ask(kind: str, email: str):
        request, asked = NAMES[kind]
        page = f"/wp-admin/{kind}-personal-data.php"
        blog.sign_in()
        form = {
            "action": f"add_{request}_personal_data_request",
            "type_of_action": f"{request}_personal_data",
            "username_or_email_for_privacy_request": email,
            "_wpnonce": re.search(r'name="_wpnonce" value="(\w+)"', blog.get(page))[1],
        }
        assert blog.post(page, form).status == 200
        row = next(row for row in re.findall(r"<tr.*?</tr>", blog.get(page), flags=re.S) if email in row)
        data = dict(re.findall(r'data-([a-z-]+)="(\w+)"', row))
        call = {
            "action": f"wp-privacy-{kind}-personal-data",
            "id": data["request-id"],
            "security": data["nonce"],
            "page": 1,
            "sendAsEmail": "false",
        }
        numbers = range(1, int(data[f"{asked}s-count"]) + 1)
        return [json.loads(blog.post("/wp-admin/admin-ajax.php", {**call, asked: n}).data) for n in numbers]

    return _ask


def test_the_tools_of_wordpress_reach_the_service(ask, blog, service):
    if blog.php("return extension_loaded( 'zip' );") is False:
        skip_or_fail("PHP cannot write the export's file (on Debian: php-zip)")
    for text in (KIND, UNKIND):
        blog.comment(blog.article, "Iris", f"{text} Iris")
    remote_id = blog.remote_id("Iris")
    answers = ask("export", "iris@example.org")
    assert all(answer["success"] for answer in answers), answers
    assert answers[-1]["data"]["url"].endswith(".zip")
    exported = json.dumps(answers)
    assert remote_id in exported
    assert "probability" in exported

    answers = ask("erase", "iris@example.org")
    assert all(answer["success"] and answer["data"]["done"] for answer in answers)
    assert service.comment(blog.keys, remote_id)["state"] == "erased"
    with service.database.read() as session:
        assert service.find(session, blog.keys, remote_id).text is None
