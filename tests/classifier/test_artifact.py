"""A model directory is read only if it is what its manifest and our own list say."""

import json
import pickle
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from moderation.classifier import artifact
from moderation.classifier.artifact import ModelError
from moderation.classifier.reader import QuickReader

RUDE = "you are an idiot"


@pytest.fixture
def directory(trained, tmp_path):
    path = tmp_path / "tiny-1"
    artifact.save(path, trained.model, metrics={}, training={"seed": 0})
    return path


def change_manifest(directory, **changes):
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def with_weights(directory, content):
    """Other weights under a manifest that vouches for them: only their shape and type are left to refuse them."""
    np.save(directory / "weights.npy", content, allow_pickle=True)
    change_manifest(directory, files={"weights.npy": {"sha256": artifact.sha256(directory / "weights.npy")}})


def test_a_model_reads_the_same_after_saving_and_loading(trained, directory):
    before, after = QuickReader(trained.model).read(RUDE), QuickReader.load(directory).read(RUDE)

    assert after.model == "tiny-1"
    assert after.scores == before.scores
    assert after.spans == before.spans


def test_one_changed_byte_is_refused(directory):
    path = directory / "weights.npy"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelError, match=r"tiny-1/weights.npy is not the file .* `git checkout -- models`"):
        artifact.load(directory)


def test_weights_are_mapped_and_lose_next_to_nothing(trained, directory):
    model = artifact.load(directory)

    assert isinstance(model.weights, np.memmap)
    assert model.weights.dtype == np.int16
    assert (model.weights == trained.model.weights).all()


def test_rounding_is_finer_than_a_thousandth_of_a_percent_of_the_largest():
    exact = np.random.default_rng(0).standard_normal((64, 2)) * [1, 100]

    model = artifact.compact(("TOXICITY", "INSULT"), exact, [0, 0])

    assert np.abs(model.weights[:, :2] * model.scales - exact).max(axis=0) == pytest.approx([0, 0], abs=1e-5 * 500)
    assert not model.weights[:, 2:].any()


@pytest.mark.parametrize(
    "foreign",
    [np.zeros((2**12, 8), np.float32), np.zeros((2**12, 7), np.int16), np.zeros((8, 2**12), np.int16).T],
    ids=["type", "shape", "order"],
)
def test_weights_of_another_type_or_shape_are_refused_even_if_the_hash_is_right(directory, foreign):
    with_weights(directory, foreign)

    with pytest.raises(ModelError, match=r"tiny-1/weights.npy holds .* not int16 \(4096, 8\)"):
        artifact.load(directory)


def test_pickled_objects_are_never_loaded(directory):
    with_weights(directory, np.array([Fraction(1, 2)], dtype=object))

    with pytest.raises(ModelError, match=r"tiny-1/weights.npy is not an array of numbers"):
        artifact.load(directory)


@pytest.mark.parametrize("kind", ["pickle", "archive", "code", "brackets", "endless"])
def test_a_file_that_is_no_array_is_refused_even_if_the_hash_is_right(directory, tmp_path, kind):
    """Made by somebody who can write the manifest too: it does not load, and nothing in it runs."""
    path, ran = directory / "weights.npy", tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return ran.touch, ()

    code = f"{{'descr': open({str(ran)!r}, 'w'), 'fortran_order': False, 'shape': (1,)}}".encode()
    match kind:
        case "pickle":
            path.write_bytes(pickle.dumps(Evil()))
        case "archive":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.npy", b"0" * 1_000_000)
        case "code" | "brackets":
            header = code if kind == "code" else b"(" * 60_000
            path.write_bytes(b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header)
        case "endless":
            with path.open("wb") as file:
                shape = {"descr": "<i2", "fortran_order": False, "shape": (2**40, 8)}
                np.lib.format.write_array_header_1_0(file, shape)
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["files"]["weights.npy"]["sha256"] = artifact.sha256(path)
    (directory / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelError, match="is not an array of numbers"):
        artifact.load(directory)
    assert not ran.exists()


def test_a_missing_artifact_is_named_with_the_way_out(directory):
    (directory / "weights.npy").unlink()

    with pytest.raises(ModelError, match=r"tiny-1/weights.npy is missing\. Restore it with .* train anew with"):
        artifact.load(directory)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 200_000], ids=range(4))
def test_a_broken_manifest_is_refused(directory, content):
    (directory / "manifest.json").write_text(content)

    with pytest.raises(ModelError, match=r"manifest.json of tiny-1 is not"):
        artifact.load(directory)


@pytest.mark.parametrize("key", ["attributes", "columns", "damping", "scales", "biases", "article_factor"])
def test_a_manifest_that_lacks_something_is_refused(directory, key):
    change_manifest(directory, **{key: None})

    with pytest.raises(ModelError, match=r"manifest.json of tiny-1 lacks what a model needs: .* `git checkout"):
        artifact.load(directory)


@pytest.mark.parametrize("changes", [{"damping": float("nan")}, {"attributes": ["TOXICITY", "TOXICITY"]}])
def test_a_manifest_with_impossible_values_is_refused(directory, changes):
    change_manifest(directory, **changes)

    with pytest.raises(ModelError, match=r"manifest.json of tiny-1 holds unknown attributes or impossible numbers"):
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
