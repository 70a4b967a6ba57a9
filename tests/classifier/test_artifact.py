"""A model directory is read only if it is what its manifest and our own list say."""

import json
from fractions import Fraction

import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier

from moderation.classifier import artifact
from moderation.classifier.artifact import ModelError
from moderation.classifier.reader import QuickReader

RUDE = "you are an idiot"


@pytest.fixture
def directory(trained, tmp_path):
    path = tmp_path / "tiny-1"
    artifact.save(path, trained.model, metrics=trained.metrics, training={"seed": 0})
    return path


def change_manifest(directory, **changes):
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def with_artifact(directory, content):
    """Another artifact under a manifest that vouches for it: only the trust list is left to refuse it."""
    skops.io.dump(content, directory / "model.skops")
    files = {"model.skops": {"sha256": artifact.sha256(directory / "model.skops")}}
    change_manifest(directory, files=files)


def test_a_model_reads_the_same_after_saving_and_loading(trained, directory):
    before, after = QuickReader(trained.model).read(RUDE), QuickReader.load(directory).read(RUDE)

    assert after.model == "tiny-1"
    assert after.scores == before.scores
    assert after.spans == before.spans


def test_one_changed_byte_is_refused(directory):
    path = directory / "model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelError, match=r"tiny-1/model.skops is not the file .* `git checkout -- models`"):
        artifact.load(directory)


@pytest.mark.parametrize("foreign", [Fraction, DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1])])
def test_a_type_outside_the_list_is_refused_even_if_the_hash_is_right(trained, directory, foreign):
    with_artifact(directory, {"features": trained.model.features, "estimators": {"TOXICITY": foreign}})

    with pytest.raises(ModelError, match=r"types that nobody has reviewed: (fractions|sklearn.tree)"):
        artifact.load(directory)


def test_a_missing_artifact_is_named_with_the_way_out(directory):
    (directory / "model.skops").unlink()

    with pytest.raises(ModelError, match=r"tiny-1/model.skops is missing\. Restore it with .* train anew with"):
        artifact.load(directory)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_broken_manifest_is_refused(directory, content):
    (directory / "manifest.json").write_text(content)

    with pytest.raises(ModelError, match=r"manifest.json of tiny-1 is not"):
        artifact.load(directory)


@pytest.mark.parametrize("written", ["1.2.0", "2.0.0"])
def test_a_model_of_a_distant_scikit_learn_is_refused(directory, written):
    change_manifest(directory, libraries={"scikit-learn": written})

    with pytest.raises(
        ModelError, match=rf"written with scikit-learn {written}.*`pip install scikit-learn=={written}`"
    ):
        artifact.load(directory)


def test_a_model_of_other_features_is_refused(directory):
    change_manifest(directory, features_version=0)

    with pytest.raises(ModelError, match=r"fitted on features of version 0.* Train a new model"):
        artifact.load(directory)


def test_the_model_made_last_is_the_newest(trained, directory):
    other = directory.with_name("a-name-that-sorts-first-1")
    artifact.save(other, trained.model, metrics={}, training={})
    change_manifest(directory, created="2026-01-01T00:00:00Z")

    assert artifact.newest(directory.parent) == other


def test_no_model_at_all_is_said_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(ModelError, match=r"There is no model in .*moderation train"):
        artifact.newest(tmp_path)
