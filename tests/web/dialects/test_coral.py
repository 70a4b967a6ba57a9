"""Coral's external moderation phase, replayed as Coral sends it."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation import policies
from moderation.domain import comment as values
from moderation.domain.reading import ATTRIBUTES, Context, Reading
from moderation.scoring import Scorer
from moderation.storage import comments, coral, secrets
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from moderation.text.markup import plain_text
from moderation.web.app import create_app
from tests.factories import SECRET_KEY

SECRET = "a-signing-secret-as-coral-makes-one"


@pytest.fixture
def add_secret(database, site):
    def _add(secret=SECRET, site=site, others_end_at=None):
        with database.write() as session:
            encrypted = secrets.encrypt(secret, SECRET_KEY)
            coral.add_secret(session, site, encrypted, others_end_at=others_end_at or utc_now())

    _add()
    return _add


def body_of(text, action="NEW", **story):
    """Pretty-printed, as Coral prints it."""
    document = {
        "action": action,
        "comment": {"body": text, "parentID": None},
        "author": {"id": "u-1", "role": "COMMENTER"},
        "story": {"id": "st-1", "url": "https://news.example/a", **story},
        "site": {"id": "si-1"},
        "tenantID": "t-1",
        "tenantDomain": "coral.example",
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def signature(body, *signing):
    return ",".join("sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in signing)


@pytest.fixture
def call(client, add_secret):
    def _call(text="What a bad idea.", *, signing=(SECRET,), path="/coral/phase", client=client, **more):
        body = text if isinstance(text, bytes) else body_of(text, **more)
        headers = {"X-Coral-Signature": signature(body, *signing), "Content-Type": "application/json"}
        return client.post(path, data=body, headers=headers)

    return _call


def test_published_comment_gets_no_opinion(call):
    answer = call("What a lovely garden.")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_slash_at_the_end_of_the_address_does_not_publish_everything(call):
    assert call(path="/coral/phase/").json["status"] == "SYSTEM_WITHHELD"


def test_held_comment_is_withheld_and_flagged(call):
    answer = call("What a bad idea.")
    assert answer.status_code == 200
    flag = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}
    assert answer.json == {"status": "SYSTEM_WITHHELD", "actions": [flag], "tags": []}


def test_rejected_comment_is_rejected(call, database, site):
    policies.change(database, site, {"words": [{"match": "weeds", "action": "reject"}]})
    assert call("All weeds.").json["status"] == "REJECTED"


def test_advertising_is_flagged_as_spam(call):
    links = " ".join(f"https://shop.example/{number}" for number in range(5))
    assert call(links).json["actions"] == [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}]


def test_outcomes_can_be_chosen_in_the_address(call):
    path = "/coral/phase?publish=APPROVED&hold=premod"
    assert call("Lovely.", path=path).json == {"status": "APPROVED", "actions": [], "tags": []}
    assert call("A bad idea.", path=path).json["status"] == "PREMOD"
    assert call("Lovely.", path="/coral/phase?hold=APPROVED").status_code == 400


def test_edit_is_decided_like_a_new_comment(call):
    assert call("What a bad idea.", action="EDIT").json["status"] == "SYSTEM_WITHHELD"


def test_nothing_is_stored(call, database):
    call("What a bad idea.")
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


@pytest.mark.parametrize("signing", [(), ("another secret",), ("x", "y")])
def test_body_without_a_good_signature_is_refused(call, signing):
    answer = call(signing=signing)
    assert answer.status_code == 401
    assert "error" in answer.json


def test_signature_is_over_the_bytes(client, add_secret):
    body = body_of("A bad idea.")
    headers = {"X-Coral-Signature": signature(body, SECRET)}
    assert client.post("/coral/phase", data=body + b" ", headers=headers).status_code == 401


def test_while_a_secret_is_rotated_either_one_will_do(call, add_secret):
    add_secret("the next secret of this coral", others_end_at=utc_now() + timedelta(hours=1))
    assert call(signing=(SECRET,)).status_code == 200
    assert call(signing=("the next secret of this coral",)).status_code == 200
    assert call(signing=("unknown", SECRET)).status_code == 200  # Coral signs with all of its own


def test_secret_that_has_ended_counts_no_more(call, add_secret):
    add_secret("the next secret of this coral", others_end_at=utc_now())
    assert call(signing=(SECRET,)).status_code == 401


def test_secret_decides_which_site_it_is(call, add_secret, other_site, database):
    add_secret("the harbour's secret", other_site)
    policies.change(database, other_site, {"words": [{"match": "lovely", "action": "reject"}]})
    assert call("Lovely.").status_code == 204
    assert call("Lovely.", signing=("the harbour's secret",)).json["status"] == "REJECTED"
    assert call("Lovely.", path="/coral/phase?site=harbour").status_code == 401


def test_markup_is_read_as_its_reader_sees_it(call):
    assert call("What a <b>b</b>ad idea.").json["status"] == "SYSTEM_WITHHELD"
    assert call('<div class="bad">What a lovely day.<br></div>').status_code == 204


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("a < b & c", "a < b & c"),
        ("<div>One</div><div>two &amp; three</div>", "One\ntwo & three"),
        ('<a href="https://x.example">here</a>', "here (https://x.example)"),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ("<script>alert(1)</script>Hi<style>p{}</style>", "Hi"),
        ("I <3 you", "I <3 you"),
    ],
)
def test_words_of_markup(markup, words):
    assert plain_text(markup) == words


def test_picture_alone_gets_no_opinion(call):
    assert call("<img src='x'>").status_code == 204
    assert call("").status_code == 204


def test_comment_that_is_too_long_is_withheld(call):
    assert call("a" * 20_481).json["status"] == "SYSTEM_WITHHELD"


def test_comment_that_cannot_be_scored_is_withheld(call, settings, database):
    scorer = Scorer(None)
    client = create_app(settings, database=database, scorer=scorer).test_client()
    assert call("Lovely.", client=client).json["status"] == "SYSTEM_WITHHELD"
    scorer.close()


class Noting:
    model = "noting-1"

    def __init__(self):
        self.contexts = []

    def read(self, text, context=Context(), *, spans=True):  # noqa: B008 - Context is frozen
        self.contexts.append(context)
        return Reading(dict.fromkeys(ATTRIBUTES, 0.01), (), self.model)


def test_article_that_the_site_has_sent_is_the_comments_context(call, settings, database, site):
    with database.write() as session:
        comments.keep_article(session, site, values.Article("st-1", title="Terror", text="Executions."), utc_now())
    reader = Noting()
    scorer = Scorer(reader)
    client = create_app(settings, database=database, scorer=scorer).test_client()
    assert call("Lovely.", client=client).status_code == 204
    scorer.close()
    assert reader.contexts == [Context("Terror", "Executions.")]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"comment": null}', b'{"comment": {"body": 5}}', b"\xff"])
def test_what_coral_never_sends_is_refused(call, body):
    answer = call(body)
    assert answer.status_code == 400
    assert list(answer.json) == ["error"]


def test_wrong_path_and_method_are_told_as_json(client):
    assert (client.get("/coral/phase").status_code, client.get("/coral/phase").json.keys()) == (405, {"error"})
    assert client.get("/coral/x").json.keys() == {"error"}


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=40)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
COMMENT = st.fixed_dictionaries({"body": st.text(max_size=80).map("<p>{} bad &amp;".format) | JSON})


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    document=st.fixed_dictionaries({"comment": COMMENT | JSON}, optional={"story": JSON, "author": JSON}) | JSON,
    query=st.sampled_from([""] * 4 + ["?hold=PREMOD", "?hold=x", "?site=garden", "?site=%00"]),
)
def test_whatever_is_signed_is_answered(call, document, query):
    answer = call(json.dumps(document).encode(), path=f"/coral/phase{query}")
    assert answer.status_code in {200, 204, 400, 401}
    if answer.status_code == 200:
        assert set(answer.json) == {"status", "actions", "tags"}
