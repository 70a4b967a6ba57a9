"""Model directories: written once, and read only if hash, shape and versions are the expected ones."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moderation.classifier.hashing import FEATURES_VERSION
from moderation.classifier.kernel import WIDTH
from moderation.config import ROOT
from moderation.domain.errors import ModerationError
from moderation.domain.reading import ATTRIBUTES

MODELS = ROOT / "models"
WEIGHTS = "weights.npy"

_LARGEST = 32_767  # of int16
_TRAIN = "moderation train DATA --output models/quick-3"
_RESTORE = f"Restore it with `git checkout -- models`, or train anew with `{_TRAIN}`."

Floats = NDArray[np.float32]


@dataclass(eq=False)
class ModelError(ModerationError):
    code: str = "model-unusable"
    title: str = "The model cannot be used"


@dataclass(frozen=True, eq=False)
class Model:
    """A linear model of hashed features: a text's logits are `biases + features @ (weights * scales)`.

    Weights are whole numbers, one row a feature and WIDTH columns, so that eight attributes are read in one
    go; `scales`, `biases` and `article_factors` have one number an attribute.
    """

    attributes: tuple[str, ...]
    weights: NDArray[np.int16]
    scales: Floats
    biases: Floats
    article_factors: Floats
    damping: float = 0.5
    name: str = ""

    @property
    def n_features(self) -> int:
        return len(self.weights)


def compact(
    attributes: tuple[str, ...],
    weights: ArrayLike,
    biases: ArrayLike,
    *,
    article_factors: ArrayLike | None = None,
    damping: float = 0.5,
) -> Model:
    """The model of these weights (features x attributes), each rounded to 1/65534 of its attribute's largest."""
    exact = np.asarray(weights, dtype=np.float32)
    scales = np.abs(exact).max(axis=0, initial=0.0) / _LARGEST
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    rounded = np.zeros((len(exact), WIDTH), dtype=np.int16)
    rounded[:, : len(attributes)] = np.rint(exact / scales)
    factors = np.ones(len(attributes)) if article_factors is None else article_factors
    return Model(
        attributes=attributes,
        weights=rounded,
        scales=scales,
        biases=np.asarray(biases, dtype=np.float32),
        article_factors=np.asarray(factors, dtype=np.float32),
        damping=damping,
    )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(directory: Path, model: Model, *, metrics: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """Write weights, manifest and metrics to *directory*; returns the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / WEIGHTS
    np.save(path, model.weights, allow_pickle=False)
    manifest = {
        "model": directory.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "features_version": FEATURES_VERSION,
        "attributes": list(model.attributes),
        "columns": model.n_features,
        "damping": model.damping,
        "scales": _by_attribute(model, model.scales),
        "biases": _by_attribute(model, model.biases),
        "article_factor": _by_attribute(model, model.article_factors),
        "files": {WEIGHTS: {"sha256": sha256(path), "bytes": path.stat().st_size}},
        "libraries": {name: version(name) for name in ("scikit-learn", "numpy", "scipy", "numba")},
        **training,
    }
    write_json(directory / "metrics.json", metrics)
    write_json(directory / "manifest.json", manifest)
    return manifest


def _by_attribute(model: Model, numbers: Floats) -> dict[str, float]:
    return {name: float(number) for name, number in zip(model.attributes, numbers, strict=True)}


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(directory: Path) -> Model:
    """Read the model in *directory*; its weights stay on disk until they are used.

    Raises:
        ModelError: something is missing, or is not what the manifest and this code expect.
    """
    manifest = read_manifest(directory)
    _check_features(directory.name, manifest)
    check_file(directory / WEIGHTS, manifest)
    try:
        attributes = tuple(str(name) for name in manifest["attributes"])
        scales, biases, factors = (
            np.array([manifest[key][name] for name in attributes], dtype=np.float32)
            for key in ("scales", "biases", "article_factor")
        )
        columns, damping = int(manifest["columns"]), float(manifest["damping"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"manifest.json of {directory.name} lacks what a model needs: {error}. {_RESTORE}") from None
    known = len(set(attributes) & set(ATTRIBUTES)) == len(attributes)
    if not known or not np.isfinite([*scales, *biases, *factors, damping]).all():
        raise ModelError(
            f"manifest.json of {directory.name} holds unknown attributes or impossible numbers. {_RESTORE}"
        )
    weights = _weights(directory / WEIGHTS, columns)
    return Model(attributes, weights, scales, biases, factors, damping, directory.name)


def read_manifest(directory: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"There is no model in {directory.name}: manifest.json is missing. {_RESTORE}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"manifest.json of {directory.name} is not valid JSON. {_RESTORE}") from error
    if not isinstance(manifest, dict):
        raise ModelError(f"manifest.json of {directory.name} is not a JSON object. {_RESTORE}")
    return manifest


def newest(models: Path = MODELS, file: str = WEIGHTS) -> Path:
    """The directory of the model that was made last, of those that have such a file."""
    found = [path.parent for path in models.glob("*/manifest.json") if (path.parent / file).exists()]
    if not found:
        raise ModelError(f"There is no model in {models.name}/. {_RESTORE}")
    return max(found, key=lambda directory: (str(read_manifest(directory).get("created")), directory.name))


def _check_features(name: str, manifest: dict[str, Any]) -> None:
    if manifest.get("features_version") != FEATURES_VERSION:
        raise ModelError(
            f"{name} was fitted on features of version {manifest.get('features_version')}, this code makes "
            f"version {FEATURES_VERSION}. Train a new model with `{_TRAIN}`."
        )


def check_file(path: Path, manifest: dict[str, Any]) -> None:
    """Refuse a file of a model that is not the one its manifest names."""
    if not path.exists():
        raise ModelError(f"{path.parent.name}/{path.name} is missing. {_RESTORE}")
    try:
        expected = manifest["files"][path.name]["sha256"]
    except (KeyError, TypeError):
        expected = None
    if sha256(path) != expected:
        raise ModelError(
            f"{path.parent.name}/{path.name} is not the file its manifest names (sha256 differs). {_RESTORE}"
        )


def _weights(path: Path, columns: int) -> NDArray[np.int16]:
    """The weights as they lie in the file, mapped and never unpickled."""
    try:
        weights: NDArray[np.int16] = np.lib.format.open_memmap(path, mode="r")  # refuses objects, and archives
    except ValueError as error:
        raise ModelError(f"{path.parent.name}/{path.name} is not an array of numbers. {_RESTORE}") from error
    if weights.shape != (columns, WIDTH) or weights.dtype != np.int16 or not weights.flags.c_contiguous:
        raise ModelError(
            f"{path.parent.name}/{path.name} holds {weights.dtype} {weights.shape}, not int16 "
            f"{(columns, WIDTH)}. {_RESTORE}"
        )
    return weights
