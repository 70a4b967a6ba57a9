"""The pages of insight: numbers that lead to their comments, files, and nothing of anybody else's."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from moderation.domain.comment import Action
from moderation.storage.tables import Article, Role
from tests.factories import make_moderator
from tests.story import Clock, Story, count_all, play
from tests.web.conftest import Tags, sign_in_as
from tests.web.test_hostile import HOSTILE, assert_inert

FIGURES = ["comments", "decisions", "machine", "wait", "agreement", "reasons", "articles", "pace"]


@pytest.fixture
def start():
    """Early enough that the story is over by now."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)


@pytest.fixture
def clock(monkeypatch, start):
    return Clock(monkeypatch, start)


@pytest.fixture
def story(database, clock):
    return Story(database, clock, "garden")


@pytest.fixture
def other(database, clock):
    return Story(database, clock, "harbour")


@pytest.fixture
def mona(story):
    return story.mona


@pytest.fixture
def browser(app, database, mona):
    return sign_in_as(app, database, mona)


def links(page):
    """Each number of a table with the address that it leads to."""
    found = re.findall(r'<td><a href="(/insight/comments[^"]*)">([\d,]+)</a></td>', page)
    return [(unescape(url), int(number.replace(",", ""))) for url, number in found]


def listed(browser, url):
    """How many comments stand behind an address, on all of its pages."""
    total = 0
    while url:
        answer = browser.get(url)
        assert answer.status_code == 200, answer.text
        total += answer.text.count('<li class="card row"')
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        url = unescape(following[1]) if following else ""
    return total


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.mark.parametrize("counting", ["live", "tallied"])
@pytest.mark.parametrize("days", [1, 7])
def test_each_number_leads_to_so_many_comments(browser, database, story, other, start, clock, counting, days):
    play(other, start)
    play(story, start)
    if counting == "tallied":
        count_all(database, datetime.now(UTC))

    numbers = links(browser.get(f"/insight?days={days}").text)

    assert len(numbers) >= 20
    for url, number in numbers:
        assert listed(browser, url) == number, url


def test_a_long_list_goes_on_page_by_page(browser, story, clock, start):
    for minutes in range(0, 100, 2):
        clock.set(start + timedelta(minutes=minutes))
        story.comment(Action.HOLD if minutes % 4 else Action.PUBLISH)

    numbers = {number: url for url, number in links(browser.get("/insight?days=7").text)}

    assert listed(browser, numbers[25]) == 25


def test_what_the_page_says_of_the_story(browser, story, start):
    play(story, start)

    page = Tags(browser.get("/insight").text).text

    assert "5 comments came." in page
    assert "People decided 3 times." in page
    assert "40% of the comments never waited for a person." in page
    assert "too few to tell (3 decisions)" in page
    assert "Half of the held comments were decided within 4.9 minutes, 9 of 10 within 30 minutes" in page
    assert "Roses of the garden" in page


def test_nothing_of_another_site_is_shown(browser, story, other, start):
    play(other, start)

    pages = [browser.get(f"/insight?days={days}&site={other.site.id}").text for days in (1, 90)]
    files = [browser.get(f"/insight/{name}.csv?site={other.site.id}").text for name in FIGURES]
    day = f"since={start - timedelta(days=1):%Y-%m-%dT%HZ}&until={start + timedelta(days=1):%Y-%m-%dT%HZ}"
    narrowed = f"/insight/comments?{day}&site={other.site.id}"

    for page in pages:
        assert "harbour" not in page
        assert not links(page)
        assert "Nothing happened in this time." in page
        assert "Nothing to show for this time yet." not in page
    for file in files:
        assert "harbour" not in file
        assert not re.search(r",[1-9]", file.partition("\n")[2]), file
    for figure in (
        "arrived",
        "people",
        "band&key=7",
        "wait&key=0",
        "reason&key=toxicity",
        "decided&key=machine",
        "own",
    ):
        assert listed(browser, f"{narrowed}&figure={figure}") == 0
    assert browser.get(f"{narrowed}&figure=held&key={other.article.id.hex}").status_code == 404


def test_sites_are_shown_together_or_one_at_a_time(app, database, story, other, start):
    play(other, start)
    play(story, start)
    with database.write() as session:
        owner = make_moderator(session, story.site, other.site, email="olga@example.org", role=Role.OWNER)
    olga = sign_in_as(app, database, owner)

    both, one = (Tags(olga.get(f"/insight{query}").text).text for query in ("", f"?site={other.site.id}"))

    assert "10 comments came." in both
    assert "5 comments came." in one
    assert "Roses of the garden" not in one


def test_a_pace_is_seen_by_nobody_else(app, database, browser, story, start):
    play(story, start)
    with database.write() as session:
        owner = make_moderator(session, story.site, email="olga@example.org", role=Role.OWNER)
    olga, nils = (sign_in_as(app, database, who) for who in (owner, story.nils))
    day = f"since={start - timedelta(days=1):%Y-%m-%dT%HZ}&until={start + timedelta(days=1):%Y-%m-%dT%HZ}"

    def total(signed_in):
        return sum(int(count) for _, count in rows_of(signed_in.get("/insight/pace.csv"))[1:])

    assert (total(browser), total(nils), total(olga)) == (2, 1, 0)
    own = f"/insight/comments?{day}&figure=own&key={story.mona.id.hex}"
    assert [listed(who, own) for who in (browser, nils, olga)] == [2, 1, 0]


def test_files_hold_what_the_tables_show(browser, story, start):
    play(story, start)

    files = {name: rows_of(browser.get(f"/insight/{name}.csv?days=7")) for name in FIGURES}

    assert files["machine"][1:] == [
        ["published by the machine", "1", "0.2"],
        ["held for people", "3", "0.6"],
        ["rejected by the machine", "1", "0.2"],
    ]
    assert [sum(int(cell) for cell in column) for column in list(zip(*files["comments"][1:], strict=True))[1:]] == [
        1,
        3,
        1,
    ]
    assert files["reasons"][1] == ["toxicity", "2"]
    assert files["articles"][1] == ["Roses of the garden", "", "3"]
    assert files["agreement"][8][:5] == ["70–80%", "2", "1", "0.5", "0.5"]


def test_a_file_is_sent_while_it_is_read(browser, story, start):
    play(story, start)

    answer = browser.get("/insight/articles.csv")

    assert answer.is_streamed
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=insight-articles.csv"


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", '=HYPERLINK("http://evil.example","x")']


@pytest.mark.parametrize("title", [*FORMULAS, *HOSTILE])
def test_hostile_titles_are_text_on_the_page_and_in_the_file(browser, database, story, title, start):
    title = title.replace("\x00", "")[:300]
    with database.write() as session:
        session.get_one(Article, story.article.id).title = title
    story.comment(author_name=title)

    page = browser.get("/insight").text
    [(held, _)] = [(url, number) for url, number in links(page) if "figure=held" in url]
    [_, row] = rows_of(browser.get("/insight/articles.csv"))

    assert_inert(page)
    assert_inert(browser.get(held).text)
    assert row[0] == (f"'{title}" if title in FORMULAS else title)


def test_a_title_of_nothing_is_called_by_the_blog_s_id(browser, database, story):
    with database.write() as session:
        session.get_one(Article, story.article.id).title = ""
    story.comment()

    assert rows_of(browser.get("/insight/articles.csv"))[1][0] == "1"


@pytest.mark.parametrize(
    "query",
    [
        "figure=",
        "since=yesterday",
        "figure=nothing&since=2026-11-20T10Z&until=2026-11-21T10Z",
        "figure=arrived&key=erase-all&since=2026-11-20T10Z&until=2026-11-21T10Z",
        "figure=arrived&since=2026-11-21T10Z&until=2026-11-20T10Z",
        "figure=arrived&since=1026-11-21T10Z&until=2026-11-20T10Z",
        "figure=held&key=x&since=2026-11-20T10Z&until=2026-11-21T10Z",
        "figure=band&key=11&since=2026-11-20T10Z&until=2026-11-21T10Z",
        "figure=wait&key=8&since=2026-11-20T10Z&until=2026-11-21T10Z",
        "figure=arrived&after=x&since=2026-11-20T10Z&until=2026-11-21T10Z",
    ],
)
def test_an_address_of_no_figure_is_refused(browser, query):
    assert browser.get(f"/insight/comments?{query}").status_code == 422


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=100000", "site=x", "days=90&site="])
def test_an_odd_wish_is_as_good_as_none(browser, query):
    assert browser.get(f"/insight?{query}").status_code == 200


def test_only_signed_in_people_see_it(client, story):
    for path in ("/insight", "/insight/comments", "/insight/pace.csv"):
        assert client.get(path).status_code == 303


def test_a_file_of_no_figure_is_not_found(browser):
    assert browser.get("/insight/secrets.csv").status_code == 404
