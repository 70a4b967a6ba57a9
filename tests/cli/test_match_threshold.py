"""`match-threshold`: the same share of a site's comments, old threshold by old threshold."""

import csv
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli.match_threshold import match

KIND = ["Thank you.", "A lovely garden.", "I agree with the article.", "What time is it?", "See you tomorrow."]
UNKIND = ["You stupid idiot.", "Shut up, moron.", "You are a worthless piece of shit.", "I hate you, idiot."]
SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@pytest.fixture
def scored(tmp_path):
    path = tmp_path / "scored.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["text", "TOXICITY", "other"])
        write.writerows([text, 0.1 + number / 100, ""] for number, text in enumerate(KIND))
        write.writerows([text, 0.8 + number / 100, ""] for number, text in enumerate(UNKIND))
        write.writerow(["Never scored.", "", ""])
    return path


def test_as_many_comments_are_flagged_as_before(run, scored):
    result = json.loads(run("match-threshold", str(scored), "--reader", "quick", "--threshold", "0.5", "--json"))

    assert (result["attribute"], result["rows"], result["skipped"]) == ("TOXICITY", 9, 1)
    [found] = result["thresholds"]
    assert (found["old"], found["flagged"], found["new_flagged"], found["same"]) == (0.5, 4, 4, 4)
    assert found["share"] == pytest.approx(4 / 9)
    assert 0 < found["new"] < 1


def test_new_threshold_is_one_that_moderation_score_agrees_with(run, scored, tmp_path):
    [found] = json.loads(run("match-threshold", str(scored), "--reader", "quick", "--threshold", "0.82", "--json"))[
        "thresholds"
    ]
    out = tmp_path / "out.csv"
    run("score", str(scored), "--text-column", "text", "--reader", "quick", "--output", str(out))
    with out.open(encoding="utf-8") as file:
        scores = [float(row["TOXICITY"]) for row in csv.DictReader(file)][:9]
    assert sum(score >= found["new"] for score in scores) == found["flagged"] == 2


def test_table_and_plot(run, scored, tmp_path):
    plot = tmp_path / "plot.svg"
    table = run("match-threshold", str(scored), "--reader", "quick", "--plot", str(plot))

    assert "9 comments (1 without a score)" in table
    assert "few: take it as a hint" in table
    assert next(line for line in table.splitlines() if line.split()[:1] == ["0.95"]).split()[3] == "none"
    words = "".join(ElementTree.fromstring(plot.read_text(encoding="utf-8")).itertext())  # noqa: S314 - our own
    assert "old threshold" in words
    assert "new threshold" in words


def test_what_is_no_score_is_said(run, scored):
    text = scored.read_text(encoding="utf-8").replace("0.81", "81")
    scored.write_text(text, encoding="utf-8")
    assert "row 7 is not a number from 0 to 1" in run("match-threshold", str(scored), "--reader", "quick", fails=True)
    assert "has no column 'INSULT'" in run("match-threshold", str(scored), "--attribute", "INSULT", fails=True)
    assert "No row" in run("match-threshold", str(scored), "--score-column", "other", fails=True)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "no column 'text'. Its columns: none."),
        (b"text,TOXICITY\n", "No row of FILE has a score"),
        (b"text\nHi\n", "no column 'TOXICITY'. Its columns: text."),
        (b"text;TOXICITY\nHi;0.4\n", "separated by semicolons"),
        (b"text\tTOXICITY\nHi\t0.4\n", "separated by tabs"),
        (b"text,TOXICITY\nHi,40%\n", "85 % and 0,85 are written as 0.85"),
        (b'text,TOXICITY\nHi,"0,4"\n', "85 % and 0,85 are written as 0.85"),
        ("text,TOXICITY\nHi,0.4\n".encode("utf-16"), "no text in UTF-8"),
    ],
)
def test_what_a_spreadsheet_makes_of_a_table_is_said(run, tmp_path, table, said):
    path = tmp_path / "table.csv"
    path.write_bytes(table)
    assert said in run("match-threshold", str(path), "--reader", "quick", fails=True)


def test_place_of_the_plot_is_looked_at_before_anything_is_read(run, scored, tmp_path):
    away = tmp_path / "nowhere" / "plot.svg"
    assert "no such directory" in run("match-threshold", str(scored), "--plot", str(away), fails=True)


@given(scores=SCORES, at=st.floats(0, 1))
def test_no_other_threshold_comes_nearer_to_the_old_number(scores, at):
    old, new = np.array([pair[0] for pair in scores]), np.array([pair[1] for pair in scores])
    found = match(old, new, at)
    assert found.flagged == sum(old >= at)
    if found.flagged:
        possible = {int((new >= value).sum()) for value in new}
        assert abs(found.new_flagged - found.flagged) == min(abs(count - found.flagged) for count in possible)
