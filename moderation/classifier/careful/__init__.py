"""The careful reader: a small transformer that reads the sentence and what stands around it."""
