"""Our own examples: sentences that public sources lack, written for this project."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from moderation.domain.reading import IDENTITY_ATTACK, INSULT, THREAT, TOXICITY

FOLDER = Path(__file__).with_name("examples")
LICENCE = "Apache-2.0, this project"
OUR_EXAMPLES, OUR_TEMPLATES = "our-examples", "our-templates"  # sources: sentences as written, and slots filled
OURS = (OUR_EXAMPLES, OUR_TEMPLATES)
_ARTICLES, _TEMPLATES = "articles.json", "templates.json"
_INNOCENT = {TOXICITY: 0.0, INSULT: 0.0, THREAT: 0.0, IDENTITY_ATTACK: 0.0}
_FILLINGS = 6  # ways in which the slots of a sentence are filled, where its file does not say
_SLOT = re.compile(r"{(\w+)}")

Labelled = tuple[str, dict[str, float]]


class Example(NamedTuple):
    """A comment that nobody wrote, its labels and its source."""

    text: str
    labels: dict[str, float]
    source: str


def read_examples(seed: int) -> list[Example]:
    """Every sentence of every file; where it has slots, filled in so many ways, drawn at random."""
    random = Random(seed)
    found: list[Example] = []
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        source = OUR_TEMPLATES if path.name == _TEMPLATES else OUR_EXAMPLES
        made = _under_articles(content) if path.name == _ARTICLES else _of_kinds(content, random)
        found += [Example(text, labels, source) for text, labels in made]
    return found


def _of_kinds(content: dict[str, Any], random: Random) -> Iterator[Labelled]:
    for kind in content["kinds"].values():
        wanted = kind.get("fillings", content.get("fillings", _FILLINGS))
        for sentence in kind["sentences"]:
            slots = [content["slots"][slot] for slot in _SLOT.findall(sentence)]
            fillings = list(product(*slots))
            for filling in random.sample(fillings, min(len(fillings), wanted)):
                words = iter(filling)
                text = _SLOT.sub(lambda _, words=words: next(words), sentence)  # type: ignore[misc]
                yield text[0].upper() + text[1:] if slots else text, kind["labels"]


def _under_articles(content: dict[str, Any]) -> Iterator[Labelled]:
    """Readers' comments and abuse, without the article that they stand under."""
    for article in content["articles"]:
        for text in article["readers"]:
            yield text, _INNOCENT
        for comment in article["abuse"]:
            yield comment["text"], comment["labels"]
