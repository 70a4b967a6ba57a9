import pytest

from moderation.domain.hard import is_hard


@pytest.mark.parametrize("attribute", ["THREAT", "IDENTITY_ATTACK", "SEVERE_TOXICITY", "SEXUALLY_EXPLICIT"])
def test_threats_and_hate_are_hard_from_one_half_on(attribute):
    assert is_hard({attribute: 0.5})
    assert not is_hard({attribute: 0.49})


def test_rudeness_alone_is_not_hard():
    assert not is_hard({"TOXICITY": 1.0, "INSULT": 1.0, "PROFANITY": 1.0})
