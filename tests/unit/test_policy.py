"""The pure decision: bands, signals, reasons."""

import pytest

from moderation.domain.comment import Action
from moderation.domain.decision import Source
from moderation.domain.policy import DEFAULT_BANDS, Band, Policy, Rule, decide
from moderation.domain.reading import ATTRIBUTES, Reading
from moderation.domain.signals import Signal, SignalCode

BAND = Band(hold=0.5, reject=0.9)


def reading(**scores):
    return Reading(scores={**dict.fromkeys(ATTRIBUTES, 0.0), **scores}, spans=(), model="m")


@pytest.mark.parametrize(
    ("score", "action"),
    [
        (0.0, Action.PUBLISH),
        (0.4999, Action.PUBLISH),
        (0.5, Action.HOLD),
        (0.8999, Action.HOLD),
        (0.9, Action.REJECT),
        (1.0, Action.REJECT),
    ],
)
def test_band_decides_from_its_edges_on(score, action):
    assert decide(Policy(bands={"THREAT": BAND}), reading(THREAT=score), []).action is action


def test_strictest_attribute_decides_and_every_reason_is_named():
    policy = Policy(bands={"THREAT": BAND, "INSULT": BAND, "SPAM": BAND})

    verdict = decide(policy, reading(THREAT=0.6, INSULT=0.95, SPAM=0.1), [])

    assert verdict.action is Action.REJECT
    assert [(reason.code, reason.action) for reason in verdict.reasons] == [
        ("insult", Action.REJECT),
        ("threat", Action.HOLD),
    ]
    assert [reason.threshold for reason in verdict.reasons] == [0.9, 0.5]


def test_default_policy_never_rejects_by_machine():
    # Whom an owner has blocked, a person has decided about.
    everything = [Signal(code, value="xx") for code in SignalCode if code is not SignalCode.AUTHOR_BLOCKED]

    assert decide(Policy(), reading(**dict.fromkeys(ATTRIBUTES, 1.0)), everything).action is Action.HOLD


@pytest.mark.parametrize("attribute", ["SPAM", "SEXUALLY_EXPLICIT"])
def test_attributes_with_few_labels_never_decide_alone(attribute):
    assert DEFAULT_BANDS[attribute] == Band()
    assert decide(Policy(), reading(**{attribute: 1.0}), []).action is Action.PUBLISH


@pytest.mark.parametrize("policy", [Policy(), Policy(bands={}), Policy(languages=("de",))])
def test_what_was_not_scored_is_never_published(policy):
    verdict = decide(policy, None, [])

    assert verdict.action is Action.HOLD
    assert [reason.code for reason in verdict.reasons] == ["not_scored"]


@pytest.mark.parametrize(
    ("signal", "action"),
    [
        (Signal(SignalCode.LISTED_WORD, rule="weed"), Action.REJECT),
        (Signal(SignalCode.LISTED_WORD, rule="seed"), Action.HOLD),
        (Signal(SignalCode.PATTERN, rule="buy.*"), Action.REJECT),
        (Signal(SignalCode.TOO_MANY_LINKS, value="9"), Action.HOLD),
        (Signal(SignalCode.REPEATED_TEXT, value="2"), Action.HOLD),
        (Signal(SignalCode.LANGUAGE_UNSUPPORTED, value="fi"), Action.PUBLISH),
    ],
)
def test_signal_asks_for_what_the_site_chose(signal, action):
    policy = Policy(
        words=(Rule("weed", Action.REJECT), Rule("seed")),
        patterns=(Rule("buy.*", Action.REJECT),),
        unsupported_language=Action.PUBLISH,
    )

    assert decide(policy, reading(), [signal]).action is action


def test_risk_orders_by_the_highest_score_that_may_decide():
    policy = Policy(bands={"THREAT": Band(hold=0.5), "SPAM": Band()})

    assert decide(policy, reading(THREAT=0.7, SPAM=1.0), []).risk == 0.7
    assert decide(policy, reading(THREAT=0.1), [Signal(SignalCode.LISTED_WORD, rule="x")]).risk == 0.9
    assert decide(policy, None, []).risk == 0.5


def test_reason_names_the_rule_in_words():
    verdict = decide(Policy(words=(Rule("weed"),)), reading(), [Signal(SignalCode.LISTED_WORD, rule="weed")])

    assert verdict.reasons[0].as_dict() == {
        "code": "listed_word",
        "source": "rule",
        "action": "hold",
        "message": "Contains a word on the site's list (weed)",
        "rule": "weed",
    }


TRUSTED = Signal(SignalCode.AUTHOR_TRUSTED, value="until 2026-12-24")


def test_trusted_author_is_published_where_only_scores_would_hold():
    verdict = decide(Policy(bands={"THREAT": BAND}), reading(THREAT=0.6), [TRUSTED])

    assert verdict.action is Action.PUBLISH
    assert [reason.as_dict()["message"] for reason in verdict.reasons] == [
        "Its author is trusted here (until 2026-12-24)"
    ]


@pytest.mark.parametrize(
    ("scores", "signals"),
    [
        ({"THREAT": 0.95}, []),
        ({}, [Signal(SignalCode.TOO_MANY_LINKS)]),
        ({"THREAT": 0.6}, [Signal(SignalCode.LISTED_WORD, rule="x")]),
        (None, []),
    ],
)
def test_trust_publishes_nothing_that_a_rule_holds_or_a_score_rejects_or_nobody_scored(scores, signals):
    scored = None if scores is None else reading(**scores)

    verdict = decide(Policy(bands={"THREAT": BAND}), scored, [TRUSTED, *signals])

    assert verdict == decide(Policy(bands={"THREAT": BAND}), scored, signals)
    assert verdict.action is not Action.PUBLISH


def test_trust_is_no_reason_where_nothing_spoke_against_the_comment():
    assert decide(Policy(), reading(), [TRUSTED]).reasons == ()


def test_watched_author_is_held_and_a_blocked_one_rejected_or_held_as_the_policy_says():
    watched, blocked = Signal(SignalCode.AUTHOR_WATCHED), Signal(SignalCode.AUTHOR_BLOCKED)

    assert decide(Policy(), reading(), [watched]).action is Action.HOLD
    assert decide(Policy(), reading(), [blocked]).action is Action.REJECT
    assert decide(Policy(blocked_authors=Action.HOLD), reading(), [blocked]).action is Action.HOLD
    assert [reason.source for reason in decide(Policy(), reading(), [blocked]).reasons] == [Source.HISTORY]
