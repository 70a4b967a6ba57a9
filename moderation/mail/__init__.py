"""Mail to moderators: that comments wait, never what is in them."""
