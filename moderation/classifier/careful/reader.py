"""The careful reader at work: one comment at a time through the network, and what each word added."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from moderation.classifier.artifact import MODELS, ModelError, check_file, newest, read_manifest
from moderation.classifier.careful.inputs import Tokens, Weigh, Window
from moderation.domain.reading import ATTRIBUTES, Context

NETWORK, TOKENS, WORDS = "network.onnx", "tokenizer.json", "words.tsv"
FILES = (NETWORK, TOKENS, WORDS)
_WARNINGS = 3  # onnxruntime's own level: errors only

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Careful:
    """What the network said of a text: logits, and what each token at `places` of the raw text added to them.

    Of a long text these are of the window that is worst for an attribute, each attribute its own.
    """

    logits: Floats
    places: list[tuple[int, int]]
    parts: Floats  # tokens x attributes


class CarefulReader:
    """One session for the whole process; any number of threads may ask it, each uses one core.

    Rows never share a run: in 8 bits a row's numbers depend on what else is in its batch, and a score that a
    neighbour can change could not be replayed.
    """

    def __init__(self, network: Path, tokens: Tokens, attributes: tuple[str, ...], name: str = "") -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _WARNINGS
        options.enable_cpu_mem_arena = False  # what a long comment needed once would never be given back
        self._session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
        self.tokens = tokens
        self.attributes = attributes
        self.model = name

    @classmethod
    def load(cls, directory: Path | None = None) -> Self:
        """The network in *directory*, or the newest of the project's.

        Raises:
            ModelError: there is none, or it must not be trusted.
        """
        directory = directory or newest(MODELS, NETWORK)
        manifest = read_manifest(directory)
        for file in FILES:
            check_file(directory / file, manifest)
        attributes = tuple(str(name) for name in manifest.get("attributes", ()))
        if not attributes or not set(attributes) <= set(ATTRIBUTES):
            raise ModelError(f"manifest.json of {directory.name} holds unknown attributes.")
        return cls(directory / NETWORK, Tokens(directory / TOKENS, directory / WORDS), attributes, directory.name)

    def read(self, text: str, context: Context = Context(), weigh: Weigh | None = None) -> Careful:  # noqa: B008
        """Read one text; of a very long one the parts that *weigh* calls heaviest."""
        windows = self.tokens.windows(text, context, weigh)
        runs = [self._run(window) for window in windows]
        logits = np.stack([logits for logits, _ in runs])
        worst = logits.argmax(axis=0)
        places = [place for window in windows for place in window.places]
        parts = np.zeros((len(places), len(self.attributes)), dtype=np.float32)
        start = 0
        for at, (window, (_, added)) in enumerate(zip(windows, runs, strict=True)):
            end = start + len(window.places)
            parts[start:end, worst == at] = added[1 : 1 + len(window.places), worst == at]
            start = end
        return Careful(logits.max(axis=0), places, parts)

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context], weighs: Sequence[Weigh | None], *, threads: int = 2
    ) -> list[Careful]:
        """One answer a text, in order."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.read, texts, contexts, weighs))

    def _run(self, window: Window) -> tuple[Floats, Floats]:
        kinds = np.ones((1, len(window.ids)), dtype=np.int64)
        kinds[0, 1 : 1 + len(window.places)] = 0
        logits, parts = self._session.run(None, {"ids": np.array([window.ids], dtype=np.int64), "kinds": kinds})
        return logits[0], parts[0]
