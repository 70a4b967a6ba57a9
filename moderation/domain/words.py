"""Sentences that are said in English here and in the reader's language on a page."""


def N_(sentence: str) -> str:
    """Put *sentence* into the catalogue of the translators; it stays as it is."""
    return sentence
