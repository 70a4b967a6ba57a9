"""What clients of other services speak, each in a module of its own."""

from moderation.web.dialects.perspective import DIALECT as PERSPECTIVE

ALL = (PERSPECTIVE,)
