"""A disguise does not carry abuse past the shipped model, and does not get an innocent comment held."""

from random import Random

import pytest

from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.domain.reading import TOXICITY
from tests.behaviour import measure

INSULT = "You are a pathetic idiot and a disgusting liar, and nobody wants your stupid garbage here."


def test_disguised_comments_keep_their_recall_at_the_same_false_positives(name, reader, floors, shared, print_table):
    floor = floors["recall kept under a disguise"]
    kept = measure.kept_recall(reader, *measure.natural(shared, name))
    print_table(measure.kept_table(kept, floor, reader.model))

    assert set(floor) == {*KINDS, "mean"}
    assert {kind: share for kind, (_, share) in kept.items() if share < floor[kind]} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_insult_is_held_in_every_disguise(reader, kind):
    disguised = [obfuscate(INSULT, kind, Random(seed)) for seed in range(20)]

    assert all(measure.held(reader, disguised))
    assert min(reading.scores[TOXICITY] for reading in reader.read_many(disguised)) > 0.5
