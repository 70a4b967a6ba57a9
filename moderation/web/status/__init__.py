"""The commenter's page."""
