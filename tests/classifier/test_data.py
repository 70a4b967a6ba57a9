"""What is read from a training file, and our own examples."""

import json
import re

import numpy as np
import pytest

from moderation.classifier import data as training_data
from moderation.classifier.data import is_held_back, with_examples
from moderation.classifier.own_examples import FOLDER, OUR_EXAMPLES, OUR_TEMPLATES, OURS
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import ATTRIBUTES, INSULT, SPAM, TOXICITY

FILES = sorted(FOLDER.glob("*.json"))
HEAD = (
    "text,toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam,"
    "source,licence,natural"
)


def test_an_empty_label_is_read_as_missing_not_as_zero(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(f"{HEAD}\nhello,0,,,,1,,,,made-up,CC0,True\n")

    data = training_data.read(path)

    assert data.labels[TOXICITY].tolist() == [0.0]
    assert data.labels[INSULT].tolist() == [1.0]
    assert np.isnan(data.labels[SPAM]).all()
    assert data.positive_rates("made-up") == {TOXICITY: 0.0, INSULT: 1.0}


@pytest.mark.parametrize("label", ["2", "-1", "yes"])
def test_a_label_that_is_no_share_is_refused_with_its_row(tmp_path, label):
    path = tmp_path / "train.csv"
    path.write_text(f"{HEAD}\nhello,0,,,,,,,,made-up,CC0,True\nhello,{label},,,,,,,,made-up,CC0,True\n")

    with pytest.raises(InvalidRequest, match=r"Row 3 of train.csv"):
        training_data.read(path)


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,toxicity\nhello,0\n")

    with pytest.raises(InvalidRequest, match=r"lacks the columns .*threat"):
        training_data.read(path)


def test_one_row_in_ten_is_held_back_whatever_stands_beside_it():
    held_back = [is_held_back(f"comment {number}") for number in range(5_000)]

    assert 400 < sum(held_back) < 600
    assert held_back == [is_held_back(f"comment {number}") for number in range(5_000)]


def test_our_examples_come_after_the_data_and_say_nothing_of_other_attributes(data):
    both = with_examples(data, seed=0)

    assert both.texts[: len(data.texts)] == data.texts
    ours = np.isin(both.sources, OURS)
    assert 1_000 < (both.sources == OUR_TEMPLATES).sum() < 5_000
    assert 2_000 < (both.sources == OUR_EXAMPLES).sum() < 8_000
    assert not both.natural[ours].any()
    assert np.isnan(both.labels[SPAM][ours]).all()
    assert set(both.labels[TOXICITY][both.sources == OUR_TEMPLATES]) == {0.0, 1.0}
    assert all(both.licences[source] for source in OURS)


def test_our_examples_are_the_same_for_the_same_seed(data):
    assert with_examples(data, seed=3).texts == with_examples(data, seed=3).texts
    assert with_examples(data, seed=3).texts != with_examples(data, seed=4).texts


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "articles.json"], ids=lambda path: path.stem)
def test_every_slot_is_filled_and_every_label_is_an_attribute(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    sentences = [text for kind in content["kinds"].values() for text in kind["sentences"]]
    used = {slot for text in sentences for slot in re.findall(r"{(\w+)}", text)}

    assert used == set(content["slots"])
    assert len(sentences) == len(set(sentences))
    assert all(set(kind["labels"]) <= set(ATTRIBUTES) for kind in content["kinds"].values())
    assert any(kind["labels"][TOXICITY] >= 0.8 for kind in content["kinds"].values())
    assert any(kind["labels"][TOXICITY] <= 0.2 for kind in content["kinds"].values())


def test_no_slot_is_left_open(data):
    texts = with_examples(data, seed=0).texts

    assert not [text for text in texts if re.search(r"{\w+}", text)]


def test_our_examples_hold_nothing_that_is_measured_on(shared):
    """Neither the seed's sentences nor the readers' comments may be learnt by heart."""
    examples = "".join(path.read_text(encoding="utf-8").lower() for path in FILES)
    seed = json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))
    words = re.findall(r"[\w']+", seed["comment"]["text"].lower())

    assert not [run for run in zip(*(words[start:] for start in range(5)), strict=False) if " ".join(run) in examples]
    assert "siberia" not in examples
