import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.links import count_links

any_text = st.text(st.characters(codec=None, categories=None), max_size=200)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("http://a.com and HTTPS://b.org/x?y=1", 2),
        ("ftp://files.example/x", 1),
        ("www.example.org", 1),
        ("see example.com.", 1),
        ("(example.com) EXAMPLE.COM", 2),
        ("sub.example.co.uk/path", 1),
        ("t.me/x bit.ly/abc youtu.be/q", 3),
        ("пример.рф", 1),
        ("https://пример.рф/путь", 1),
        ("medium.com/@user", 1),
        ("http://user@example.com/x", 1),
        ("http://x.com/?to=http://y.com", 1),
        ("http://localhost:8000/", 1),
        ("<http://x.com>", 1),
        ("\ud800 x.com", 1),
        ('<a href="http://x.com">http://x.com</a>', 1),
        ('<A HREF="http://x.com"><b>here</b></A>', 1),
        ("<a href='http://x.com'>unclosed", 1),
        ("[url=http://x.com]http://x.com[/url]", 1),
        ("[URL]x.com[/URL]", 1),
        ("[http://x.com](http://x.com)", 1),
        ("[this](www.x.com) and [that](y.com/z)", 2),
        ("a.com b.com c.com d.com", 4),
    ],
)
def test_links_are_counted_once_each(text, count):
    assert count_links(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no link at all",
        "e.g. this, i.e. that, a.m. and p.m., U.S. and U.K.",
        "The end.Next sentence, the end.in short",
        "main.py readme.md setup.sh x.rs data.zip page.html notes.txt",
        "version 1.2.3, v2.0, 3.14, 10.0.0.1",
        "wait...what",
        "tell.me it.is",
        "example.community",
        "awww.cute",
        "ann@example.com",
        "mailto:ann@example.com",
        '<a href="mailto:ann@example.com">ann@example.com</a>',
        "@example.com",
        "[sic](and so on) [1] arr[0](x)",
        "he said [url is a word",
    ],
)
def test_what_is_no_link_is_not_counted(text):
    assert count_links(text) == 0


@pytest.mark.parametrize("piece", ["<a href=", "[", "[url]", "[a](", "a.", "a@", "<a ", "www", "http:/"])
def test_long_hostile_text_is_counted(piece):
    assert count_links(piece * (20_000 // len(piece))) >= 0


@given(any_text)
def test_any_text_is_counted(text):
    assert 0 <= count_links(text) <= len(text)


@given(st.integers(0, 50))
def test_as_many_as_were_written(number):
    assert count_links(" and ".join(["https://example.com/x"] * number)) == number
