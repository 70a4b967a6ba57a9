"""Which reader the service gets, and that a careful one it cannot use is named instead of stopping anything."""

import json
import shutil
import subprocess
import sys

import pytest

from moderation.classifier import loading
from moderation.classifier.artifact import MODELS, ModelError
from moderation.classifier.loading import has_careful, load_reader
from moderation.classifier.reader import QuickReader
from moderation.config import ROOT

_IMPORTS = "import sys; from moderation.classifier.loading import load_reader; load_reader({}); print(*sys.modules)"


@pytest.fixture
def models(tmp_path):
    """A folder with a careful reader's directory whose files a test may spoil."""
    found = sorted(MODELS.glob(loading.NAMED))
    if not found:
        pytest.skip("there is no careful reader yet")
    shutil.copytree(found[-1], tmp_path / "models" / found[-1].name)
    return tmp_path / "models"


@pytest.fixture
def careful(models):
    return next(models.iterdir())


def test_both_readers_are_loaded_where_there_are_two(models):
    loaded = load_reader(models=models)

    assert loaded.unusable == ""
    assert loaded.reader.model == f"{QuickReader.load().model}+{next(models.iterdir()).name}"
    loaded.reader.close()


def test_without_a_careful_model_or_wish_the_quick_one_reads(tmp_path, models):
    assert not has_careful(tmp_path)
    for loaded in (load_reader(models=tmp_path), load_reader(careful=False, models=models)):
        assert (type(loaded.reader), loaded.unusable) == (QuickReader, "")


def spoil_network(careful):
    with (careful / "network.onnx").open("r+b") as file:
        file.write(b"other")


def spoil_tokens(careful):
    (careful / "tokenizer.json").write_text("{}")


def spoil_words(careful):
    (careful / "words.tsv").write_text("idiot\t3\n")


def take_network(careful):
    (careful / "network.onnx").unlink()


def take_manifest(careful):
    (careful / "manifest.json").unlink()


def break_manifest(careful):
    (careful / "manifest.json").write_text("{")


def fit_with_another(careful):
    manifest = json.loads((careful / "manifest.json").read_text())
    manifest["combination"]["with"] = "quick-0"
    (careful / "manifest.json").write_text(json.dumps(manifest))


def name_nothing(careful):
    manifest = json.loads((careful / "manifest.json").read_text())
    del manifest["combination"]["careful"]
    (careful / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_network, "sha256 differs"),
        (spoil_tokens, "sha256 differs"),
        (spoil_words, "sha256 differs"),
        (take_network, "no model"),
        (take_manifest, "no model"),
        (break_manifest, "not valid JSON"),
        (fit_with_another, "quick-0"),
        (name_nothing, "how the readers combine"),
    ],
)
def test_an_unusable_careful_reader_is_named_and_the_quick_one_reads(models, careful, spoil, says):
    spoil(careful)

    loaded = load_reader(models=models)

    assert type(loaded.reader) is QuickReader
    assert says in loaded.unusable


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_a_missing_package_is_named_and_the_quick_one_reads(models, package):
    program = (
        f"import sys; sys.modules[{package!r}] = None; from pathlib import Path\n"
        f"from moderation.classifier.loading import load_reader\n"
        f"loaded = load_reader(models=Path({str(models)!r})); print(type(loaded.reader).__name__, loaded.unusable)"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert said.startswith("QuickReader")
    assert package in said
    assert "CAREFUL_READER=off" in said


def test_whatever_the_library_raises_is_named(models, monkeypatch):
    def explode(*_):
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(loading, "_both", explode)

    assert load_reader(models=models).unusable == "RuntimeError: no such instruction"


def test_a_quick_reader_that_cannot_be_used_is_an_error_whatever_the_careful_one_is(models, tmp_path):
    with pytest.raises(ModelError):
        load_reader(tmp_path / "nothing", models=models)


@pytest.mark.parametrize("how", ["careful=False", "models=__import__('pathlib').Path('nowhere')"])
def test_without_the_careful_reader_its_packages_are_not_even_imported(how):
    said = subprocess.run(
        [sys.executable, "-c", _IMPORTS.format(how)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert not {"onnxruntime", "tokenizers"} & {module.split(".")[0] for module in said.split()}
