"""What the readers are measured beside: scikit-learn's own pipeline, and a network as the usual peer has it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from moderation.classifier.careful.base import base_directory, require_train_extra
from moderation.domain.reading import ATTRIBUTES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Score = Callable[[Sequence[str]], object]


def sklearn_tfidf(texts: Sequence[str]) -> Score:
    """scikit-learn's words, word pairs and character n-grams by TF-IDF, and a weight for each attribute."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, strip_accents="unicode"),
    ).fit(texts[:2000])
    columns = union.transform(texts[:1]).shape[1]
    weights = np.random.default_rng(0).standard_normal((columns, len(ATTRIBUTES)))

    def score(some: Sequence[str]) -> object:
        return 1 / (1 + np.exp(-(union.transform(some) @ weights)))

    return score


def bert_base() -> Score:
    """A network of BERT's base size on one core. Its weights are random: what they say costs no time.

    Raises:
        ModelError: the extra `train` is missing.
    """
    require_train_extra()
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(base_directory() / "tokenizer.json"))  # BERT's own words
    network = BertForSequenceClassification(BertConfig(num_labels=len(ATTRIBUTES))).eval()

    def score(some: Sequence[str]) -> object:
        ids, mask = _padded(tokenizer, some)
        with torch.inference_mode():
            return network(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask)).logits.sigmoid()

    return score


def _padded(tokenizer: "Tokenizer", texts: Sequence[str]) -> tuple[list[list[int]], list[list[int]]]:
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    found: list[Any] = tokenizer.encode_batch(list(texts))
    longest = max(len(encoding.ids) for encoding in found)
    ids = [encoding.ids + [0] * (longest - len(encoding.ids)) for encoding in found]
    mask = [[1] * len(encoding.ids) + [0] * (longest - len(encoding.ids)) for encoding in found]
    return ids, mask
