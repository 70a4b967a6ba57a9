"""What a character that takes no ink is called, in the reader's language."""

from moderation.web.translation import lazy_gettext

# As Unicode names them; whatever else hides in a text is called by its kind.
NAMES = {
    "\xad": lazy_gettext("soft hyphen"),
    "\u034f": lazy_gettext("combining grapheme joiner"),
    "\u061c": lazy_gettext("arabic letter mark"),
    "\u115f": lazy_gettext("hangul choseong filler"),
    "\u1160": lazy_gettext("hangul jungseong filler"),
    "\u200b": lazy_gettext("zero width space"),
    "\u200c": lazy_gettext("zero width non-joiner"),
    "\u200d": lazy_gettext("zero width joiner"),
    "\u200e": lazy_gettext("left-to-right mark"),
    "\u200f": lazy_gettext("right-to-left mark"),
    "\u2028": lazy_gettext("line separator"),
    "\u2029": lazy_gettext("paragraph separator"),
    "\u202a": lazy_gettext("left-to-right embedding"),
    "\u202b": lazy_gettext("right-to-left embedding"),
    "\u202c": lazy_gettext("pop directional formatting"),
    "\u202d": lazy_gettext("left-to-right override"),
    "\u202e": lazy_gettext("right-to-left override"),
    "\u2060": lazy_gettext("word joiner"),
    "\u2066": lazy_gettext("left-to-right isolate"),
    "\u2067": lazy_gettext("right-to-left isolate"),
    "\u2068": lazy_gettext("first strong isolate"),
    "\u2069": lazy_gettext("pop directional isolate"),
    "\u2800": lazy_gettext("braille pattern blank"),
    "\u3164": lazy_gettext("hangul filler"),
    "\ufeff": lazy_gettext("zero width no-break space"),
    "\uffa0": lazy_gettext("halfwidth hangul filler"),
}
CONTROL = lazy_gettext("control character")
SELECTOR = lazy_gettext("variation selector")
TAG = lazy_gettext("tag character")
OTHER = lazy_gettext("invisible character")


def name_of(character: str) -> str:
    if character in NAMES:
        return str(NAMES[character])
    if character < "\xa0":
        return str(CONTROL)
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return str(SELECTOR)
    return str(TAG if "\U000e0000" <= character <= "\U000e007f" else OTHER)
