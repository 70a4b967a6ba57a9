"""What the service is about, in plain values: comments, scores, signals, policies, decisions, events."""
