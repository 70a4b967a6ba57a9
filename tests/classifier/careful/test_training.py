"""A network small enough to train in seconds: it learns, goes on where it stopped, and ships as it was trained."""

import json
from random import Random

import numpy as np
import pytest

from moderation.classifier.careful.mixture import Example, Mixture, Recipe
from moderation.classifier.careful.reader import NETWORK, TOKENS, CarefulReader
from moderation.classifier.figures import roc_auc_of
from moderation.classifier.reader import QuickReader
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context
from tests.classifier.conftest import made_up

torch = pytest.importorskip("torch", reason="training needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="training needs the extra `train`")
pytest.importorskip("onnx", reason="export needs the extra `train`")

pytestmark = [
    # What torch, transformers and the quantiser say of their own insides.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

PLAIN = Recipe(examples=False, disguises=False, contexts=False)


@pytest.fixture(scope="module")
def base(tmp_path_factory, careful_directory):
    """A transformer of random weights, two layers of 32 numbers, that knows the same tokens."""
    directory = tmp_path_factory.mktemp("base")
    words = json.loads((careful_directory / TOKENS).read_text(encoding="utf-8"))["model"]["vocab"]
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    torch.manual_seed(0)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(directory)
    return directory


@pytest.fixture
def network(base):
    from moderation.classifier.careful.network import Network

    torch.manual_seed(0)
    return Network(base, len(ATTRIBUTES))


@pytest.fixture(scope="module")
def quick():
    return QuickReader.load()


def train(network, data, tokens, quick, checkpoint, rounds=1, progress=lambda *_: None):
    from moderation.classifier.careful import training

    training.train(
        network, Mixture(data, ATTRIBUTES, PLAIN, 0), tokens, quick,
        rounds=rounds, seed=0, checkpoint=checkpoint, progress=progress,
    )  # fmt: skip


def logits_of(network, tokens, text, context=Context()):  # noqa: B008 - Context is frozen
    from moderation.classifier.careful.training import padded

    ids, kinds = padded(tokens.windows(text, context))
    with torch.inference_mode():
        logits, parts = network(torch.from_numpy(ids), torch.from_numpy(kinds))
    return logits.numpy(), parts.numpy()


def test_it_learns_what_is_rude(network, tokens, quick, tmp_path, monkeypatch):
    from moderation.classifier.careful import training

    monkeypatch.setattr(training, "RATE", 3e-3)
    monkeypatch.setattr(training, "HEAD_RATE", 1e-2)
    monkeypatch.setattr(training, "BATCH_TOKENS", 320)
    data = made_up()

    train(network, data, tokens, quick, tmp_path / "checkpoint.pt", rounds=4)

    column = ATTRIBUTES.index(TOXICITY)
    unseen = np.flatnonzero(data.held_back)
    scores = np.array([logits_of(network, tokens, data.texts[at])[0][0, column] for at in unseen])
    assert roc_auc_of(scores, data.labels[TOXICITY][unseen] >= 0.5) > 0.9


def test_a_run_that_was_broken_off_goes_on_where_it_was(network, tokens, quick, tmp_path):
    data, path, steps = made_up(), tmp_path / "checkpoint.pt", []
    train(network, data, tokens, quick, path)
    learnt = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    train(network, data, tokens, quick, path, progress=lambda what, done, of: steps.append(what))

    assert not any(what.startswith("training") for what in steps)
    for name, parameter in network.named_parameters():
        assert torch.allclose(parameter, learnt[name], atol=0.01)


def test_labels_that_nobody_was_asked_for_teach_nothing(network, tokens, quick):
    from moderation.classifier.careful import training

    nobody_asked = (float("nan"),) * len(ATTRIBUTES)
    examples = [Example(text, Context(), nobody_asked) for text in ("You are an idiot", "Thank you")]
    (batch,) = training._batches(examples, tokens, quick, Random(0))

    learner = training._Learner(network, [10], 1.0)

    assert learner.step(batch) == 0
    assert not learner._exact["bias"].grad.any()
    assert not learner._exact["value.weight"].grad.any()


def test_parts_and_bias_are_the_logits_and_padding_adds_nothing(network, tokens):
    network.eval()
    short, long = "You are an idiot.", "It was a long day, and nobody came to see the river that evening."
    from moderation.classifier.careful.training import padded

    windows = [tokens.windows(text, Context(parent="Why?"))[0] for text in (short, long)]
    ids, kinds = padded(windows)
    with torch.inference_mode():
        logits, parts = network(torch.from_numpy(ids), torch.from_numpy(kinds))
    alone, _ = logits_of(network, tokens, short, Context(parent="Why?"))

    assert logits.numpy() == pytest.approx((network.bias + parts.sum(dim=1)).detach().numpy(), abs=1e-5)
    assert not parts.numpy()[kinds != 0].any()
    assert alone[0] == pytest.approx(logits.numpy()[0], abs=1e-4)


@pytest.mark.parametrize(("quantised", "tolerance"), [(False, 1e-4), (True, 0.1)])
def test_what_is_exported_says_what_the_network_says(
    network, tokens, careful_directory, tmp_path, quantised, tolerance
):
    from moderation.classifier.careful.export import export

    export(network, tmp_path / NETWORK, quantised=quantised)
    careful = CarefulReader(tmp_path / NETWORK, tokens, ATTRIBUTES, "tiny")

    for text in ("", "You are an idiot.", "Thank you 🙂 for the photograph of the mill."):
        for context in (Context(), Context("A title", "The mill burnt down.", "Who did it?")):
            logits, parts = logits_of(network, tokens, text, context)
            said = careful.read(text, context)
            assert said.logits == pytest.approx(logits[0], abs=tolerance)
            assert said.parts == pytest.approx(parts[0, 1 : 1 + len(said.places)], abs=tolerance)


def test_a_training_can_go_on_from_what_was_shipped(network, base, tokens, tmp_path):
    from moderation.classifier.careful.export import export
    from moderation.classifier.careful.network import Network
    from moderation.classifier.careful.starting import start_from

    with torch.no_grad():
        for parameter in network.parameters():  # equal ones are stored once, and nothing is equal after a training
            parameter.add_(0.02 * torch.randn_like(parameter))
    export(network, tmp_path / NETWORK)
    torch.manual_seed(1)
    another = Network(base, len(ATTRIBUTES))
    with torch.no_grad():
        for parameter in another.parameters():
            parameter.add_(0.5)

    start_from(another, tmp_path / NETWORK)

    for text in ("You are an idiot.", "Thank you for the photograph of the mill."):
        before, after = logits_of(network, tokens, text)[0], logits_of(another, tokens, text)[0]
        assert after == pytest.approx(before, abs=0.05)


def test_a_network_of_another_shape_is_refused(network, tmp_path, careful_directory):
    from moderation.classifier.artifact import ModelError
    from moderation.classifier.careful.starting import start_from

    with pytest.raises(ModelError, match="of another shape"):
        start_from(network, careful_directory / NETWORK)


def test_sixteen_bits_are_used_only_where_they_are_faster(network, monkeypatch):
    from moderation.classifier.careful import training

    monkeypatch.setattr(training, "_is_fast_in_16_bits", lambda: False)
    training._Learner(network, [10], 1.0)
    assert next(network.encoder.parameters()).dtype is torch.float32
    monkeypatch.setattr(training, "_is_fast_in_16_bits", lambda: True)
    training._Learner(network, [10], 1.0)
    assert next(network.encoder.parameters()).dtype is torch.bfloat16


def test_a_training_that_goes_on_learns_at_a_lower_pace():
    from moderation.classifier.careful import training

    fresh, going_on = training._pace([100], 1.0), training._pace([100], 0.7)

    assert [going_on(step) for step in range(100)] == pytest.approx([0.7 * fresh(step) for step in range(100)])
