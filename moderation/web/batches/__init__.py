"""Many comments at once: which, the proof before, and the log after."""
