"""What a reader sees of a comment that is written in HTML."""

from html.parser import HTMLParser

_BREAKS = {"br", "p", "div", "li", "blockquote", "tr", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_HIDDEN = {"script", "style", "template"}


def plain_text(markup: str) -> str:
    """The words of *markup*, a line a block; where a link leads is said after it. Plain text stays as it is."""
    if "<" not in markup and "&" not in markup:
        return markup
    parser = _Words()
    parser.feed(markup)
    parser.close()
    return "".join(parser.words).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0
        self._link = ""

    def parse_html_declaration(self, i: int) -> int:
        """What begins like a declaration and is none (`<![?`) is a comment to browsers; some Pythons give up on it."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BREAKS:
            self._break()
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BREAKS:
            self._break()
        elif tag == "a":
            if self._link and self._link not in self.words[-1:]:
                self.words.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    def _break(self) -> None:
        if self.words and self.words[-1] != "\n":
            self.words.append("\n")
