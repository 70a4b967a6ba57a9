"""The words that name a group of people: naming one is no attack, so none of them counts by itself."""

# The terms of bias_madlibs. A text belongs to each term that stands in it as a word.
IDENTITIES = (
    "lesbian", "gay", "bisexual", "transgender", "trans", "queer", "lgbt", "lgbtq", "homosexual", "straight",
    "heterosexual", "male", "female", "nonbinary", "african", "african american", "black", "white", "european",
    "hispanic", "latino", "latina", "latinx", "mexican", "canadian", "american", "asian", "indian", "middle eastern",
    "chinese", "japanese", "christian", "muslim", "jewish", "buddhist", "catholic", "protestant", "sikh", "taoist",
    "old", "older", "young", "younger", "teenage", "millenial", "middle aged", "elderly", "blind", "deaf",
    "paralyzed",
)  # fmt: skip

_MORE = (
    "transsexual transgendered asexual pansexual intersex homosexuality lgbtqia "
    "woman women feminist "
    "afro arab arabic arabian pakistani bangladeshi afghan iranian iraqi syrian turk turkish kurd kurdish palestinian "
    "israeli somali nigerian ethiopian kenyan korean vietnamese filipino indonesian brazilian cuban haitian jamaican "
    "russian ukrainian polish german french italian spanish irish british english scottish greek serb albanian "
    "aboriginal indigenous romani immigrant migrant refugee foreigner "
    "jew judaism islam islamic christianity hindu hinduism mormon evangelical atheist jain "
    "teenager millennial aged senior disabled autistic paralysed"
)


def naming_words() -> list[str]:
    """Every word that names a group, and its plural."""
    words = {word for term in (*IDENTITIES, *_MORE.split()) for word in term.split()} - {"middle"}
    return sorted(words | {f"{word}s" for word in words})
