"""What owners set for their site, and people for their mail."""
