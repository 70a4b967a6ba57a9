"""Insight: what happened on one's sites, drawn; each figure leads to its comments, and goes into a file."""
