"""A self-hosted service that decides, before publication, what happens to a comment on a blog."""
