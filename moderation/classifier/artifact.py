"""Model directories: written once, and read only if hash, types and versions are the expected ones."""

import hashlib
import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from moderation.classifier.features import FEATURES_VERSION
from moderation.config import ROOT
from moderation.domain.errors import ModerationError

MODELS = ROOT / "models"
ARTIFACT = "model.skops"

# Beyond what skops trusts by itself. Reviewed by a person; never filled from what a file asks for.
TRUSTED = ("moderation.classifier.features.HashedWords",)

_TRAIN = "moderation train DATA --output models/quick-1"
_RESTORE = f"Restore it with `git checkout -- models`, or train anew with `{_TRAIN}`."


@dataclass(eq=False)
class ModelError(ModerationError):
    code: str = "model-unusable"
    title: str = "The model cannot be used"


@dataclass(frozen=True)
class Model:
    """What a model directory holds: text to features, one calibrated estimator an attribute, its papers."""

    features: Pipeline
    estimators: dict[str, Any]
    name: str = ""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(directory: Path, model: Model, *, metrics: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """Write artifact, manifest and metrics to *directory*; returns the manifest."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / ARTIFACT
    content = {"features": model.features, "estimators": model.estimators}
    skops.io.dump(content, path, compression=ZIP_DEFLATED, compresslevel=9)
    manifest = {
        "model": directory.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "features_version": FEATURES_VERSION,
        "attributes": list(model.estimators),
        "files": {ARTIFACT: {"sha256": sha256(path), "bytes": path.stat().st_size}},
        "libraries": {name: version(name) for name in ("scikit-learn", "skops", "numpy", "scipy")},
        **training,
    }
    write_json(directory / "metrics.json", metrics)
    write_json(directory / "manifest.json", manifest)
    return manifest


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(directory: Path) -> Model:
    """Read the model in *directory*.

    Raises:
        ModelError: something is missing, or is not what the manifest and this code expect.
    """
    manifest = read_manifest(directory)
    path = directory / ARTIFACT
    _check_versions(directory.name, manifest)
    _check_hash(path, manifest)
    content = _load_trusted(path)
    return Model(features=content["features"], estimators=content["estimators"], name=directory.name)


def read_manifest(directory: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"There is no model in {directory.name}: manifest.json is missing. {_RESTORE}") from None
    except ValueError as error:
        raise ModelError(f"manifest.json of {directory.name} is not valid JSON. {_RESTORE}") from error
    if not isinstance(manifest, dict):
        raise ModelError(f"manifest.json of {directory.name} is not a JSON object. {_RESTORE}")
    return manifest


def newest(models: Path = MODELS) -> Path:
    """The directory of the model that was made last."""
    found = [path.parent for path in models.glob("*/manifest.json") if (path.parent / ARTIFACT).exists()]
    if not found:
        raise ModelError(f"There is no model in {models.name}/. {_RESTORE}")
    return max(found, key=lambda directory: (str(read_manifest(directory).get("created")), directory.name))


def _check_versions(name: str, manifest: dict[str, Any]) -> None:
    if manifest.get("features_version") != FEATURES_VERSION:
        raise ModelError(
            f"{name} was fitted on features of version {manifest.get('features_version')}, this code makes "
            f"version {FEATURES_VERSION}. Train a new model with `{_TRAIN}`."
        )
    written, installed = manifest.get("libraries", {}).get("scikit-learn", "0.0"), version("scikit-learn")
    if not _readable(written, installed):
        raise ModelError(
            f"{name} was written with scikit-learn {written}, but {installed} is installed. "
            f"Install it with `pip install scikit-learn=={written}`, or train anew with `{_TRAIN}`."
        )


def _readable(written: str, installed: str) -> bool:
    """scikit-learn promises nothing across versions; neighbouring minor ones keep these plain arrays."""
    (major, minor), (our_major, our_minor) = (
        [int(part) for part in number.split(".")[:2]] for number in (written, installed)
    )
    return major == our_major and abs(minor - our_minor) <= 1


def _check_hash(path: Path, manifest: dict[str, Any]) -> None:
    if not path.exists():
        raise ModelError(f"{path.parent.name}/{path.name} is missing. {_RESTORE}")
    expected = manifest.get("files", {}).get(path.name, {}).get("sha256")
    if sha256(path) != expected:
        raise ModelError(
            f"{path.parent.name}/{path.name} is not the file its manifest names (sha256 differs). {_RESTORE}"
        )


def _load_trusted(path: Path) -> dict[str, Any]:
    foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
    if foreign:
        raise ModelError(
            f"{path.parent.name}/{path.name} wants to load types that nobody has reviewed: "
            f"{', '.join(foreign)}. {_RESTORE}"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)  # _check_versions has decided that
        content: dict[str, Any] = skops.io.load(path, trusted=list(TRUSTED))
    return content
