"""Writes the careful reader's directory: network, tokens, manifest and metrics."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.classifier.artifact import sha256, write_json
from moderation.classifier.careful.base import BASE, BASE_LICENCE, BASE_SHA256
from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.inputs import Tokens
from moderation.classifier.careful.reader import FILES, NETWORK, TOKENS, WORDS, CarefulReader
from moderation.classifier.careful.spelling import write
from moderation.classifier.data import TrainingData

if TYPE_CHECKING:
    from moderation.classifier.careful.network import Network

_TRAIN_LIBRARIES = ("torch", "transformers", "onnx")
_LIBRARIES = ("onnxruntime", "tokenizers", "scikit-learn", "numpy")


def write_network(
    directory: Path, network: "Network", tokenizer: Path, rows: TrainingData, attributes: tuple[str, ...]
) -> CarefulReader:
    """Export the network in 8 bits, count the words of *rows*, and read both back. Needs the extra `train`."""
    from moderation.classifier.careful.export import export

    directory.mkdir(parents=True, exist_ok=True)
    export(network, directory / NETWORK)
    shutil.copyfile(tokenizer, directory / TOKENS)
    write((text for text, aside in zip(rows.texts, rows.held_back, strict=True) if not aside), directory / WORDS)
    tokens = Tokens(directory / TOKENS, directory / WORDS)
    return CarefulReader(directory / NETWORK, tokens, attributes, directory.name)


def write_manifest(
    directory: Path,
    attributes: tuple[str, ...],
    combination: Combination,
    quick: str,
    training: dict[str, Any],
    trained_with: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the manifest; *trained_with* are the libraries of a network that was not made just now."""
    if trained_with is None:
        trained_with = {name: version(name) for name in _TRAIN_LIBRARIES}
    manifest = {
        "model": directory.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "attributes": list(attributes),
        "base": {"name": BASE, "sha256": BASE_SHA256, "licence": BASE_LICENCE},
        "combination": {"with": quick, **combination.as_dict()},
        "files": {
            name: {"sha256": sha256(directory / name), "bytes": (directory / name).stat().st_size} for name in FILES
        },
        "libraries": {**trained_with, **{name: version(name) for name in _LIBRARIES}},
        **training,
    }
    write_json(directory / "manifest.json", manifest)
    return manifest
