"""`train --reader careful`: the network, how both readers combine, and the papers of both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moderation.classifier import artifact, data
from moderation.classifier.artifact import ModelError
from moderation.classifier.careful.base import base_directory, require_train_extra
from moderation.classifier.data import TrainingData
from moderation.classifier.reader import QuickReader
from moderation.cli.wish import KINDS, Wish, command_of, data_of, refit_command_of, without_sources
from moderation.domain.reading import ATTRIBUTES, TOXICITY

if TYPE_CHECKING:  # brings onnxruntime, which training the quick reader does without
    from moderation.classifier.careful.network import Network
    from moderation.classifier.careful.reader import CarefulReader

_CHECKPOINT, _RUN = "checkpoint.pt", "checkpoint.json"
MANIFEST, METRICS, ABLATIONS = "manifest.json", "metrics.json", "ablations.json"
_COMPARED = 2_000  # held-back comments on which the exact network is compared with the one in 8 bits

Json = dict[str, Any]
Progress = Callable[[str, int, int], None]


def train_careful(wish: Wish, progress: Progress) -> tuple[Json, Json]:
    """Train the network, fit how it combines with the quick reader, measure; returns manifest and metrics.

    A run that was broken off goes on from its checkpoint.

    Raises:
        ModelError: the extra `train`, the base weights or the quick reader is missing.
        InvalidRequest: the data lacks something.
    """
    require_train_extra()
    base = base_directory()
    rows, quick = data.read(wish.file), QuickReader.load(wish.quick)
    command = command_of(wish, quick)
    _claim(wish, command)
    network, careful = train_network(wish, base, rows, quick, progress)
    quantisation = _quantisation(network, careful, rows, progress)
    training = {"command": command, "seed": wish.seed, "data": data_of(wish, rows)} | _started(wish)
    made = _finish(wish, rows, quick, careful, training, None, quantisation, progress)
    for name in (_CHECKPOINT, _RUN):
        (wish.output / name).unlink(missing_ok=True)
    return made


def refit_careful(wish: Wish, progress: Progress) -> tuple[Json, Json]:
    """Keep the network; fit how it combines with another quick reader, and measure.

    Raises:
        ModelError: there is no network, it must not be trusted, or the quick reader is missing.
        InvalidRequest: the data lacks something.
    """
    from moderation.classifier.careful.reader import CarefulReader

    before, careful = artifact.read_manifest(wish.output), CarefulReader.load(wish.output)
    rows, quick = data.read(wish.file), QuickReader.load(wish.quick)
    training = {"seed": wish.seed, "data": data_of(wish, rows)}
    training |= {
        name: before[name] for name in ("command", "seed", "data", "history", "started_from") if name in before
    }
    training["refitted"] = {"command": refit_command_of(wish, quick), "sha256": artifact.sha256(wish.file)}
    metrics = read_json(wish.output / METRICS)
    return _finish(wish, rows, quick, careful, training, before, metrics.get("quantisation"), progress)


def train_network(
    wish: Wish, base: Path, rows: TrainingData, quick: QuickReader, progress: Progress
) -> "tuple[Network, CarefulReader]":
    """The network as it was trained, and as it was written: in 8 bits."""
    import torch
    import transformers

    from moderation.classifier.careful.inputs import Tokens
    from moderation.classifier.careful.mixture import Mixture, Recipe
    from moderation.classifier.careful.network import Network
    from moderation.classifier.careful.reader import NETWORK, TOKENS
    from moderation.classifier.careful.saving import write_network
    from moderation.classifier.careful.starting import start_from
    from moderation.classifier.careful.training import LATER_PEAK, train

    transformers.logging.set_verbosity_error()  # it reports that the base's pooler is not used
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(wish.threads)
    torch.manual_seed(wish.seed)  # the network's own layers are drawn at random
    network = Network(base, len(ATTRIBUTES))
    if wish.start:
        start_from(network, wish.start / NETWORK)
    recipe = Recipe(rows=wish.rows, own=wish.own, **{kind: kind not in wish.without for kind in KINDS})
    tokens = Tokens(base / TOKENS)
    train(
        network,
        Mixture(without_sources(rows, wish.without), ATTRIBUTES, recipe, wish.seed),
        tokens,
        quick,
        rounds=wish.rounds,
        seed=wish.seed,
        checkpoint=wish.output / _CHECKPOINT,
        progress=progress,
        peak=LATER_PEAK if wish.start else 1.0,
    )
    (wish.output / MANIFEST).unlink(missing_ok=True)  # it is of the network that is replaced now
    return network, write_network(wish.output, network, base / TOKENS, rows, ATTRIBUTES)


def _quantisation(network: "Network", careful: "CarefulReader", rows: TrainingData, progress: Progress) -> Json:
    from moderation.classifier.careful.agreement import agreement

    progress("comparing 8 bits with 32", 0, 1)
    toxicity = rows.labels[TOXICITY]
    unseen = np.flatnonzero(rows.held_back & rows.natural & ~np.isnan(toxicity))[:_COMPARED]
    texts = [rows.texts[row] for row in unseen]
    return agreement(network, careful, texts, toxicity[unseen] >= 0.5) if texts else {}


def _started(wish: Wish) -> Json:
    """Whose weights a training went on from, and how those were made."""
    if wish.start is None:
        return {}
    before = artifact.read_manifest(wish.start)
    kept = {name: before[name] for name in ("model", "command", "data", "history", "started_from") if name in before}
    return {"started_from": {**kept, "sha256": artifact.sha256(wish.start / "network.onnx")}}


def _finish(
    wish: Wish,
    rows: TrainingData,
    quick: QuickReader,
    careful: "CarefulReader",
    training: Json,
    before: Json | None,
    quantisation: Json | None,
    progress: Progress,
) -> tuple[Json, Json]:
    """Fit the combination, measure, and write metrics, manifest, card and plots."""
    from moderation.classifier.careful.card import card, plots
    from moderation.classifier.careful.fitting import fit_combination, fitting_weights, read_unseen
    from moderation.classifier.careful.measuring import measure
    from moderation.classifier.careful.reader import CarefulReader
    from moderation.classifier.careful.saving import write_manifest

    unseen = read_unseen(rows, quick, careful, fitting_weights(rows, quick.attributes), progress)
    combination = fit_combination(unseen, quick.attributes)
    metrics = measure(
        rows,
        quick,
        careful,
        combination,
        unseen=unseen,
        folder=wish.file.parent,
        seed=wish.seed,
        progress=progress,
        command=refit_command_of(wish, quick),
        quantisation=quantisation,
        ablations=read_json(wish.output / ABLATIONS) or None,
        without_civil_comments=CarefulReader.load(wish.spans_by) if wish.spans_by else None,
    )
    artifact.write_json(wish.output / METRICS, metrics)
    trained_with = None if before is None else before.get("libraries", {})
    manifest = write_manifest(wish.output, careful.attributes, combination, quick.model, training, trained_with)
    for name, content in {"card.md": card(manifest, metrics), **plots(metrics)}.items():
        (wish.output / name).write_text(content, encoding="utf-8")
    return manifest, metrics


def _claim(wish: Wish, command: str) -> None:
    """Say whose the checkpoint is; going on from one of another run would make a network that nobody asked for."""
    run = {"command": command, "sha256": artifact.sha256(wish.file)}
    found = read_json(wish.output / _RUN)
    if found and found != run:
        raise ModelError(
            f"{wish.output.name}/{_CHECKPOINT} is of another run: `{found.get('command')}`. "
            "Go on with that one on the same data, or remove the file and its .json."
        )
    wish.output.mkdir(parents=True, exist_ok=True)
    artifact.write_json(wish.output / _RUN, run)


def read_json(path: Path) -> Json:
    """What an earlier run left, or nothing."""
    found: Json = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
