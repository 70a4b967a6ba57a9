"""The moderators' pages: queues, cards at work, search, the people behind the comments."""
