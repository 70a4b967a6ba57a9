"""What a client says the scores should have been becomes a label of its site."""

import json
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from moderation import erasure
from moderation.domain.errors import NotFound
from moderation.storage import sites
from moderation.storage.tables import Comment, Label
from tests.factories import NOW, make_comment

SUGGEST = "/v1alpha1/comments:suggestscore"


def coral_body(text, comment_id, value):
    """What Coral 9 posts when a moderator approves (0) or rejects (1)."""
    entry = {"url": f"https://news.example/a?commentID={comment_id}", "Coral_comment_id": comment_id}
    return {
        "comment": {"text": text},
        "context": {"entries": [{"text": json.dumps(entry)}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": value}}},
        "languages": ["en"],
        "communityId": "Coral:https://coral.example",
        "clientToken": f"comment:{comment_id}",
    }


@pytest.fixture
def suggest(client, key):
    return lambda body, key=key: client.post(f"{SUGGEST}?key={key}", json=body)


@pytest.fixture
def labels(database):
    """Every label with its parts, oldest first."""

    def _labels():
        with database.read() as session:
            rows = session.scalars(sa.select(Label).order_by(Label.id))
            names = ("site_id", "comment_id", "external_id", "text", "language", "attribute", "score")
            return [SimpleNamespace(**{name: getattr(row, name) for name in names}) for row in rows]

    return _labels


def test_corals_decision_is_kept_under_its_comments_id(suggest, labels, site):
    answer = suggest(coral_body("See you", "8841", 1))

    assert answer.json == {
        "clientToken": "comment:8841",
        "requestedLanguages": ["en"],
        "detectedLanguages": ["en"],
    }
    [label] = labels()
    assert (label.site_id, label.external_id, label.comment_id) == (site.id, "8841", None)
    assert (label.text, label.language, label.attribute, label.score) == ("See you", "en", "TOXICITY", 1.0)


def test_label_is_linked_to_the_stored_comment_of_its_site_alone(database, suggest, labels, site, other_site):
    with database.write() as session:
        ours = make_comment(session, site, external_id="8841").id
        make_comment(session, other_site, external_id="8842")
    suggest(coral_body("Text", "8841", 0))
    suggest(coral_body("Text", "8842", 0))
    assert [label.comment_id for label in labels()] == [ours, None]


def test_a_changed_mind_takes_the_place_of_the_first(suggest, labels):
    suggest(coral_body("Text", "8841", 0))
    suggest(coral_body("Text, edited", "8841", 1))
    suggest({"comment": {"text": "Other"}, "attributeScores": {"INSULT": {"summaryScore": {"value": "0.25"}}}})
    suggest({"comment": {"text": "Other"}, "attributeScores": {"INSULT": {"summaryScore": {"value": 0.75}}}})
    assert [(label.text, label.score) for label in labels()] == [("Text, edited", 1.0), ("Other", 0.75)]


def test_sites_do_not_touch_each_others_labels(database, suggest, labels, other_site):
    with database.write() as session:
        theirs = sites.add_key(session, other_site)
    suggest(coral_body("Text", "8841", 0))
    suggest(coral_body("Text", "8841", 1), theirs)
    assert [label.score for label in labels()] == [0.0, 1.0]


def test_do_not_store_keeps_nothing(suggest, labels):
    for name in ("doNotStore", "do_not_store"):
        assert suggest({**coral_body("Text", "8841", 1), name: True}).status_code == 200
    assert labels() == []


def test_analyze_keeps_nothing(client, key, database, labels):
    body = {**coral_body("Text", "8841", 1), "requestedAttributes": {"TOXICITY": {}}}
    assert client.post(f"/v1alpha1/comments:analyze?key={key}", json=body).status_code == 200
    assert labels() == []
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


def test_nothing_was_sent_so_nothing_is_answered(suggest):
    body = {"comment": {"text": "See you"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}}
    assert suggest(body).json == {}


@pytest.mark.parametrize(
    ("attribute_scores", "message"),
    [
        (None, "Missing attribute_scores"),
        ({}, "Missing attribute_scores"),
        ({"FOO": {"summaryScore": {"value": 1}}}, "Unknown requested attribute: FOO"),
        (
            {"THREAT": {"summaryScore": {"value": 1.5}}},
            "The summary score of attribute THREAT must be a number from 0 to 1",
        ),
        ({"THREAT": {}}, "The summary score of attribute THREAT must be a number from 0 to 1"),
        (
            {"THREAT": {"summaryScore": {"value": 1, "type": "PERCENTILE"}}},
            "Requested score type PERCENTILE is not supported by attribute THREAT",
        ),
        (
            {"THREAT": {"summaryScore": {"value": 1}, "spanScores": [{"begin": 0, "score": {"value": 1}}]}},
            "A span score of attribute THREAT needs both begin and end",
        ),
    ],
)
def test_what_is_no_suggestion_is_refused(suggest, labels, attribute_scores, message):
    answer = suggest({"comment": {"text": "Text"}, "attributeScores": attribute_scores})
    assert answer.status_code == 400
    assert answer.json["error"]["message"] == message
    assert labels() == []


def test_erasing_a_comment_erases_what_was_said_of_it(database, suggest, labels, site):
    with database.write() as session:
        make_comment(session, site, external_id="8841")
    suggest(coral_body("Stored", "8841", 0))
    suggest(coral_body("Never stored", "8842", 0))
    erasure.erase(database, site, "8841", now=NOW)
    erasure.erase(database, site, "8842", now=NOW)
    assert labels() == []
    with pytest.raises(NotFound):
        erasure.erase(database, site, "8842", now=NOW)


def test_erased_text_does_not_come_back_as_a_label(database, suggest, labels, site):
    with database.write() as session:
        make_comment(session, site, external_id="8841")
    erasure.erase(database, site, "8841", now=NOW)
    assert suggest(coral_body("Stored", "8841", 0)).status_code == 200
    assert labels() == []
