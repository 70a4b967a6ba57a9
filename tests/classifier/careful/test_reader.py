"""The careful reader at work: the same text, the same answer; only a network that its manifest names."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from moderation.classifier.artifact import ModelError
from moderation.classifier.careful.reader import FILES, CarefulReader
from moderation.domain.reading import ATTRIBUTES, Context

CALM = "The evening was long and quiet, and the river went on as it had always gone. " * 8
TEXTS = [
    "",
    "You are a pathetic idiot and nobody wants you here",
    "Thank you, that was kind.",
    "🙂 no",
    CALM,
    f"{CALM}Shut up, you disgusting liar. {CALM}",
]


def said(careful, text, context=Context()):  # noqa: B008 - Context is frozen
    found = careful.read(text, context)
    return found.logits.tobytes(), found.places, found.parts.tobytes()


@pytest.fixture
def copy(careful_directory, tmp_path):
    """A directory with the same files; those of this one may be replaced."""
    directory = tmp_path / "careful-copy"
    directory.mkdir()
    for name in (*FILES, "manifest.json"):
        (directory / name).symlink_to(careful_directory / name)
    return directory


def replace_file(path, content):
    path.unlink()
    path.write_bytes(content)


def change_manifest(directory, **changes):
    path = directory / "manifest.json"
    replace_file(path, json.dumps(json.loads(path.read_text()) | changes).encode())


def test_a_text_gets_the_same_bytes_whatever_was_read_before(careful):
    first = [said(careful, text) for text in TEXTS]

    assert [said(careful, text) for text in reversed(TEXTS)] == first[::-1]


def test_threads_do_not_disturb_each_other(careful):
    alone = [said(careful, text) for text in TEXTS]

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda at: said(careful, TEXTS[at % len(TEXTS)]), range(60)))

    assert together == alone * 10


def test_many_are_answered_in_order(careful):
    contexts = [Context(parent="Why?")] * len(TEXTS)

    many = careful.read_many(TEXTS, contexts, [None] * len(TEXTS))

    assert [found.logits.tobytes() for found in many] == [said(careful, text, contexts[0])[0] for text in TEXTS]


def test_the_parts_and_the_logits_of_an_empty_text_are_the_logits(careful):
    bias = careful.read("").logits

    for text in TEXTS[:-2]:
        found = careful.read(text)
        assert found.parts.shape == (len(found.places), len(careful.attributes))
        assert found.parts.sum(axis=0) + bias == pytest.approx(found.logits, abs=1e-4)


def test_a_long_text_is_as_bad_as_its_worst_window(careful):
    text = TEXTS[-1]
    windows = careful.tokens.windows(text, Context())
    each = np.stack([careful._run(window)[0] for window in windows])

    found = careful.read(text)

    assert len(windows) > 1
    assert (found.logits == each.max(axis=0)).all()
    assert len(found.places) == sum(len(window.places) for window in windows)
    for column, worst in enumerate(each.argmax(axis=0)):
        start = sum(len(window.places) for window in windows[:worst])
        elsewhere = np.ones(len(found.places), dtype=bool)
        elsewhere[start : start + len(windows[worst].places)] = False
        assert not found.parts[elsewhere, column].any()
        assert found.parts[:, column].sum() + careful.read("").logits[column] == pytest.approx(
            found.logits[column], abs=1e-4
        )


def test_the_context_changes_what_is_said(careful):
    text = "I hope that you get what they got."

    assert said(careful, text, Context(parent="My neighbours were shot.")) != said(careful, text)


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_refused(copy, careful_directory, name):
    content = bytearray((careful_directory / name).read_bytes())
    content[len(content) // 2] ^= 1
    replace_file(copy / name, content)

    with pytest.raises(ModelError, match=rf"careful-copy/{name} is not the file its manifest names"):
        CarefulReader.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()

    with pytest.raises(ModelError, match=rf"careful-copy/{name} is missing"):
        CarefulReader.load(copy)


@pytest.mark.parametrize("attributes", [[], ["TOXICITY", "CHARM"]])
def test_a_manifest_of_other_attributes_is_refused(copy, attributes):
    change_manifest(copy, attributes=attributes)

    with pytest.raises(ModelError, match="unknown attributes"):
        CarefulReader.load(copy)


def test_a_manifest_that_vouches_for_nothing_is_refused(copy):
    change_manifest(copy, files={})

    with pytest.raises(ModelError, match="is not the file its manifest names"):
        CarefulReader.load(copy)


def test_without_a_directory_there_is_no_reader(tmp_path):
    with pytest.raises(ModelError, match="There is no model"):
        CarefulReader.load(tmp_path / "careful-0")


def test_it_reads_every_attribute(careful):
    assert set(careful.attributes) == set(ATTRIBUTES)
