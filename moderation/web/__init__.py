"""Flask lives here, and nothing below knows it."""
