"""What a blog is told, and how: signing events, checking addresses, sending, trying again."""
