"""What the signed-in person chose for their own eyes and hands, read once a request."""

from typing import cast

from flask import g

from moderation import preferences
from moderation.preferences import Preferences


def mine() -> Preferences:
    """Their preferences; the defaults for everybody else."""
    if not g or "moderator" not in g:
        return Preferences()
    if "preferences" not in g:
        g.preferences = preferences.read(g.moderator)
    return cast(Preferences, g.preferences)
