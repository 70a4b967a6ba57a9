"""A site changes its policy."""

import pytest

from moderation import policies
from moderation.domain.errors import InvalidRequest
from moderation.domain.policy import DEFAULT_BANDS
from moderation.storage.policies import load_policy
from moderation.storage.tables import Site
from tests.factories import make_submission


def test_new_site_has_the_default_policy(database, site):
    document, version = policies.current(database, site)

    assert version == 1
    assert document["bands"]["TOXICITY"] == {"hold": DEFAULT_BANDS["TOXICITY"].hold, "reject": None}


def test_policy_written_down_and_read_again_is_the_same(database, site):
    document, _ = policies.current(database, site)

    assert policies.change(database, site, document) == 2
    with database.read() as session:
        site = session.get_one(Site, site.id)
    assert policies.current(database, site) == (document, 2)


def test_what_is_left_out_is_as_in_the_default_and_earlier_versions_stay(database, site, submit):
    policies.change(database, site, {"words": [{"match": "weed"}], "bands": {"INSULT": {"hold": None}}})
    policies.change(database, site, {"max_links": None})
    with database.read() as session:
        site = session.get_one(Site, site.id)
        second = load_policy(session, site, 2)

    assert [rule.match for rule in second.words] == ["weed"]
    assert second.bands["INSULT"].hold is None
    assert second.bands["THREAT"] == DEFAULT_BANDS["THREAT"]
    document, version = policies.current(database, site)
    assert (version, document["words"], document["max_links"]) == (3, [], None)
    [result] = submit(make_submission(text="weed"), site=site)
    assert (result["decision"], result["policy_version"]) == ("publish", 3)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ([], "/"),
        ({"word": []}, "/word"),
        ({"words": ["weed"]}, "/words/0"),
        ({"words": [{"match": " "}]}, "/words/0/match"),
        ({"words": [{"match": "x"}] * 5001}, "/words"),
        ({"words": [{"match": "x", "action": "spam"}]}, "/words/0/action"),
        ({"patterns": [{"match": "(a"}]}, ""),
        ({"patterns": [{"match": "(?=a)b"}]}, ""),
        ({"patterns": [{"match": "a*"}]}, ""),
        ({"bands": {"RUDENESS": {"hold": 0.5}}}, "/bands/RUDENESS"),
        ({"bands": {"INSULT": {"hold": 1.5}}}, "/bands/INSULT/hold"),
        ({"bands": {"INSULT": 0.5}}, "/bands/INSULT"),
        ({"max_links": -1}, "/max_links"),
        ({"languages": ["English"]}, "/languages/0"),
        ({"hold_after_reports": 0}, "/hold_after_reports"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place_and_changes_nothing(database, site, document, names):
    with pytest.raises(InvalidRequest) as refused:
        policies.change(database, site, document)

    assert names in str(refused.value)
    assert policies.current(database, site)[1] == 1


def test_site_has_its_own_reasons(database, site):
    reasons = [{"code": "rude", "text": "Please stay polite."}]
    policies.change(database, site, {"reasons": reasons, "skip_reason": False, "blocked_authors": "hold"})
    with database.read() as session:
        site = session.get_one(Site, site.id)
        policy = load_policy(session, site, 2)

    assert policies.current(database, site)[0]["reasons"] == reasons
    assert (policy.reason_text("rude"), policy.reason_text("insult")) == ("Please stay polite.", None)
    assert (policy.skip_reason, policy.blocked_authors) == (False, "hold")


@pytest.mark.parametrize(
    "reasons",
    [
        [{"code": "a", "text": "x"}, {"code": "a", "text": "y"}],
        [{"code": "not a code", "text": "x"}],
        [{"code": "a", "text": " "}],
        [{"code": f"c{n}", "text": "x"} for n in range(31)],
    ],
)
def test_list_of_reasons_that_makes_no_sense_is_refused(database, site, reasons):
    with pytest.raises(InvalidRequest, match="/reasons"):
        policies.change(database, site, {"reasons": reasons})
