"""Comments and articles that every shipped reader is tried on, and what a blog would do with them."""

import json
from pathlib import Path

from moderation.domain.comment import Action
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import Context

NOTHING = Context()
READER_COMMENTS = json.loads((Path(__file__).parent / "reader_comments.json").read_text(encoding="utf-8"))
ABUSE = [
    "You are a pathetic idiot and nobody wants you here",
    "Shut up, you disgusting liar",
    "Kill yourself, you worthless piece of trash",
    "Immigrants are filthy parasites and should all be shot",
]
KIND = [
    "Thank you for this, it was kind and it helped me.",
    "I respectfully disagree with your second point, but I enjoyed the essay.",
    "My gay Muslim friend and I cooked dinner together last night.",
    "The Jewish community centre opens again on Monday.",
    "I am a black woman and I am proud of it.",
    "Two lesbians live next door and bake the best bread in the street.",
    "White chocolate and dark chocolate both work in this recipe.",
]


def is_held(reader, text, context=NOTHING):
    return decide(Policy(), reader.read(text, context), ()).action is not Action.PUBLISH


def contexts(seed):
    """What a blog may send along: the whole article, its title, nothing."""
    article = seed["article"]
    return [Context(article["title"], article["text"]), Context(article["title"]), Context()]
