"""Signing in, and what belongs to the person who did."""
