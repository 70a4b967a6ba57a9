"""Trains the careful reader's network, a checkpoint every few minutes. Needs the extra `train`."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor, nn

from moderation.classifier.careful.inputs import Tokens, Window
from moderation.classifier.careful.mixture import Example, Mixture, label_rows
from moderation.classifier.careful.network import Network
from moderation.classifier.reader import QuickReader
from moderation.domain.reading import TOXICITY

RATE, HEAD_RATE = 1e-4, 1e-3
WARMING = 0.04  # of a round's steps
LATER_PEAK = 0.7  # how fast later rounds learn at most, against the first
BATCH_TOKENS = 6_144  # of a batch, padding included
_USUAL_ROWS = 96  # of a batch; a row weighs the same in a small batch as in a large one
_SORTED_ROWS = 6_000  # rows among which those of like length are put together
CHECKPOINT_S = 300
STEP = 8  # lengths are rounded up to it: few shapes are compiled once

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    kinds: Tensor
    labels: Tensor


def train(
    network: Network,
    mixture: Mixture,
    tokens: Tokens,
    quick: QuickReader,
    *,
    rounds: int,
    seed: int,
    checkpoint: Path,
    progress: Progress,
    peak: float = 1.0,
) -> None:
    """Fit *network* in place, the first round at *peak* of the usual pace: less for one that knows something already.

    A run that was broken off goes on from *checkpoint*, if it is there.
    """
    torch.manual_seed(seed)
    progress("reading the words", 0, 1)
    each = [list(_batches(list(mixture.round(number)), tokens, quick, Random(seed))) for number in range(rounds)]
    batches = [batch for some in each for batch in some]
    learner = _Learner(network, [len(some) for some in each], peak)
    done = learner.restore(checkpoint) if checkpoint.exists() else 0
    saved_at, losses = time.monotonic(), []
    for step, batch in enumerate(batches[done:], done):
        losses.append(learner.step(batch))
        if step % 20 == 0:
            progress(f"training, loss {np.mean(losses[-200:]):.4f}", step, len(batches))
        if time.monotonic() - saved_at > CHECKPOINT_S:
            learner.save(checkpoint, step + 1)
            saved_at = time.monotonic()
    learner.save(checkpoint, len(batches))
    network.float().eval()


class _Learner:
    """Computes in 16 bits where the CPU can, three times as fast, and keeps what is learnt in 32."""

    def __init__(self, network: Network, steps: Sequence[int], peak: float) -> None:
        self._network = network
        self._parameters = dict(network.named_parameters())
        self._exact = {name: parameter.detach().clone().float() for name, parameter in self._parameters.items()}
        head = [parameter for name, parameter in self._exact.items() if not name.startswith("encoder.")]
        body = [parameter for name, parameter in self._exact.items() if name.startswith("encoder.")]
        self._optimiser = torch.optim.AdamW(
            [{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01, fused=True
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, _pace(steps, peak))
        if _is_fast_in_16_bits():
            network.encoder.bfloat16()
        network.train()

    def step(self, batch: Batch) -> float:
        logits, _ = self._network(batch.ids, batch.kinds)
        asked = ~batch.labels.isnan()
        loss = nn.functional.binary_cross_entropy_with_logits(
            logits, batch.labels.nan_to_num(), weight=asked.float(), reduction="sum"
        ) / (_USUAL_ROWS * 2)
        loss.backward()
        for name, parameter in self._parameters.items():
            self._exact[name].grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        nn.utils.clip_grad_norm_(self._exact.values(), 1.0)
        self._optimiser.step()
        self._schedule.step()
        self._publish()
        return float(loss.detach()) * 2 * _USUAL_ROWS / max(1, int(asked.sum()))

    def _publish(self) -> None:
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(self._exact[name])

    def save(self, path: Path, done: int) -> None:
        part = path.with_suffix(".part")
        state = {"exact": self._exact, "optimiser": self._optimiser.state_dict()}
        torch.save({**state, "schedule": self._schedule.state_dict(), "done": done}, part)
        part.replace(path)

    def restore(self, path: Path) -> int:
        saved = torch.load(path, weights_only=True)
        with torch.no_grad():
            for name, exact in self._exact.items():
                exact.copy_(saved["exact"][name])
        self._optimiser.load_state_dict(saved["optimiser"])
        self._schedule.load_state_dict(saved["schedule"])
        self._publish()
        return int(saved["done"])


def _is_fast_in_16_bits() -> bool:
    """Tried rather than asked: a CPU that has no 16-bit arithmetic does it thirty times slower instead of faster."""
    times = {}
    for kind in (torch.float32, torch.bfloat16):
        numbers = torch.ones((384, 384), dtype=kind)
        numbers @ numbers
        start = time.perf_counter()
        for _ in range(5):
            numbers @ numbers
        times[kind] = time.perf_counter() - start
    return times[torch.bfloat16] < times[torch.float32]


def _pace(steps: Sequence[int], peak: float) -> Callable[[int], float]:
    """How fast to learn at a step: each round warms up and slows down to nothing, later ones from lower down."""
    paces: list[float] = []
    for number, of_round in enumerate(steps):
        top, warm = LATER_PEAK if number else peak, max(1, int(WARMING * of_round))
        paces += [top * min((step + 1) / warm, (of_round - step) / max(1, of_round - warm)) for step in range(of_round)]
    return lambda step: paces[min(step, len(paces) - 1)]


def _batches(examples: Sequence[Example], tokens: Tokens, quick: QuickReader, random: Random) -> Iterator[Batch]:
    """Rows of like length together, batches in random order."""
    labels = label_rows(examples)
    for at in range(0, len(examples), _SORTED_ROWS):
        windows = [heaviest_window(example, tokens, quick) for example in examples[at : at + _SORTED_ROWS]]
        order = sorted(range(len(windows)), key=lambda row: len(windows[row].ids))
        groups: list[list[int]] = [[]]
        for row in order:
            if (len(groups[-1]) + 1) * len(windows[row].ids) > BATCH_TOKENS:
                groups.append([])
            groups[-1].append(row)
        random.shuffle(groups)
        for group in groups:
            ids, kinds = padded([windows[row] for row in group])
            yield Batch(
                torch.from_numpy(ids), torch.from_numpy(kinds), torch.from_numpy(labels[[at + row for row in group]])
            )


def heaviest_window(example: Example, tokens: Tokens, quick: QuickReader) -> Window:
    """The window of a comment that the quick reader finds worst: its label is most likely about that one."""
    windows = tokens.windows(example.text, example.context)
    if len(windows) == 1:
        return windows[0]
    texts = [example.text[window.places[0][0] : window.places[-1][1]] for window in windows]
    scores = [reading.scores[TOXICITY] for reading in quick.read_many(texts, spans=False)]
    return windows[int(np.argmax(scores))]


def padded(windows: Sequence[Window]) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and kinds (0 comment, 1 around it, 2 padding) of windows, one row each."""
    longest = -(-max(len(window.ids) for window in windows) // STEP) * STEP
    ids = np.zeros((len(windows), longest), dtype=np.int64)
    kinds = np.full((len(windows), longest), 2, dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        kinds[row, : len(window.ids)] = 1
        kinds[row, 1 : 1 + len(window.places)] = 0
    return ids, kinds
