"""What clients of other services speak, each in a module of its own."""

from moderation.web.dialects.akismet import DIALECT as AKISMET
from moderation.web.dialects.coral import DIALECT as CORAL
from moderation.web.dialects.openai import DIALECT as OPENAI
from moderation.web.dialects.perspective import DIALECT as PERSPECTIVE

ALL = (PERSPECTIVE, CORAL, OPENAI, AKISMET)
