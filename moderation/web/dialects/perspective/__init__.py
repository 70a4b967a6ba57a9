"""Perspective (Comment Analyzer) v1alpha1, which Google answers until the end of 2026."""

from moderation.web.dialects.perspective import batch as batch  # adds its view
from moderation.web.dialects.perspective.views import DIALECT

__all__ = ["DIALECT"]
