"""Whatever is sent to OpenAI's and Akismet's paths, the answer is the dialect's own, and never a 5xx."""

import json
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.storage import akismet, sites
from tests.factories import SECRET_KEY

FUZZED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
METHODS = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
PARTS = st.fixed_dictionaries({"type": SCALARS}, optional={"text": JSON, "image_url": JSON})
INPUTS = JSON | st.lists(TEXT, max_size=4) | st.lists(PARTS | JSON, max_size=4)


@pytest.fixture
def api_key(database, site):
    with database.write() as session:
        return sites.add_key(session, site)


@pytest.fixture
def akismet_key(database, site):
    with database.write() as session:
        return akismet.add_key(session, site, SECRET_KEY, blog="https://garden.example")


@FUZZED
@given(
    method=METHODS,
    path=st.sampled_from(["/v1/moderations"] * 6 + ["/v1/moderations/", "/v1/moderations/x"]),
    document=st.fixed_dictionaries({}, optional={"input": INPUTS, "model": JSON}) | JSON,
    mangle=st.sampled_from([None] * 6 + ["cut", "latin-1"]),
    content_type=st.sampled_from(["application/json", "", "text/plain; charset=x", "multipart/form-data; boundary=x"]),
    authorization=st.sampled_from(["Bearer {}"] * 6 + ["", "Bearer", "Basic {}", "bearer {}x", "Bearer \xff"]),
)
def test_openai(client, api_key, method, path, document, mangle, content_type, authorization):
    body = json.dumps(document).encode()
    if mangle == "cut":
        body = body[: len(body) // 2]
    elif mangle:
        body = json.dumps(document, ensure_ascii=False).encode(mangle, "replace")
    headers = {"Authorization": authorization.format(api_key), "Content-Type": content_type}
    answer = client.open(path, method=method, data=body, headers=headers)

    assert answer.status_code < 500
    if answer.status_code == 200 and method == "POST":
        assert set(answer.json) == {"id", "model", "results"}
    elif answer.status_code >= 400:
        assert set(answer.json["error"]) == {"message", "type", "param", "code"}


_NAMES = """api_key key blog user_ip user_agent referrer permalink comment_type content_type comment_author
    comment_author_email comment_author_url comment_content comment_date_gmt comment_post_ID comment_parent
    blog_lang blog_charset user_role is_test recheck_reason honeypot_field_name comment_context[0] callback guid
    month filter format limit offset order from"""
_VALUES = """1 true 0 -1 2026-11 2026-13 csv json utf-16 utf-7 idna punycode hex koi8-r shift_jis administrator
    2026-11-23T09:00:00Z 9999-12-31T23:59:59-23:59 https://garden.example/hook https://[::1 http://a:b/
    akismet-guaranteed-spam 00000000-0000-0000-0000-000000000000 99999999999999999999"""
_CALLS = """comment-check comment-check comment-check submit-spam submit-ham verify-key usage-limit key-sites
    deactivate get-stats get-subscription token x"""
_TYPES = (
    *["application/x-www-form-urlencoded"] * 4,
    *["", "application/json", "multipart/form-data; boundary=x"],
    "application/x-www-form-urlencoded; charset=x",
)
NAMES, CALLS = st.sampled_from(_NAMES.split()), st.sampled_from(_CALLS.split())
VALUES = TEXT | st.sampled_from(_VALUES.split())


@FUZZED
@given(
    method=METHODS,
    version=st.sampled_from(["1.1", "1.2"]),
    call=CALLS,
    fields=st.lists(st.tuples(NAMES | TEXT, VALUES), max_size=8),
    content_type=st.sampled_from(_TYPES),
    form=st.sampled_from(["form", "form", "form", "json", "raw", "multipart"]),
    with_key=st.sampled_from(["api_key"] * 6 + ["key", ""]),
)
def test_akismet(client, akismet_key, method, version, call, fields, content_type, form, with_key):
    if with_key:
        fields = [(with_key, akismet_key), *fields]
    bodies = {
        "form": lambda: urlencode(fields, errors="surrogatepass").encode(),
        "json": lambda: json.dumps(dict(fields)).encode(),
        "raw": lambda: "&".join(f"{name}={value}" for name, value in fields).encode("utf-8", "surrogatepass"),
        "multipart": lambda: b"".join(_part(name, value) for name, value in fields) + b"--x--\r\n",
    }
    answer = client.open(
        f"/{version}/{call}", method=method, data=bodies[form](), headers={"Content-Type": content_type}
    )

    assert answer.status_code < 500
    if answer.status_code >= 400 or answer.text == "invalid":
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.headers["X-akismet-debug-help"]
    elif method == "POST" and call == "comment-check":
        assert answer.text in {"true", "false"}
        assert answer.headers["X-akismet-guid"]
    elif method == "POST" and call.startswith("submit-"):
        assert answer.text == "Thanks for making the web a better place."


def _part(name: str, value: str) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{quote_plus(name, errors="replace")}"\r\n\r\n'
    return head.encode() + value.encode("utf-8", "surrogatepass") + b"\r\n"
