"""A score in a sentence."""

import pytest

from moderation.web.card.speech import people_would_say


@pytest.mark.parametrize(
    ("receipt", "sentence"),
    [
        (
            {"scores": {"INSULT": 0.8, "TOXICITY": 0.9}, "reasons": [{"attribute": "INSULT"}]},
            "About 8 in 10 people would call this an insult.",
        ),
        ({"scores": {"SPAM": 0.8, "TOXICITY": 0.31}, "reasons": []}, "About 3 in 10 people would call this rude."),
        ({"scores": {"TOXICITY": 0.999}}, "Over 9 in 10 people would call this rude."),
        ({"scores": {"TOXICITY": 0.01}}, "Under 1 in 10 people would call this rude."),
        ({"scores": {}, "reasons": [{"code": "not_scored"}]}, ""),
        ({"scores": {"OF_LATER": 0.9}, "reasons": [{"attribute": "OF_LATER"}]}, ""),
    ],
)
def test_the_attribute_that_decided_or_else_rudeness_is_put_as_so_many_of_ten_people(app, receipt, sentence):
    with app.test_request_context("/"):
        assert people_would_say(receipt) == sentence
