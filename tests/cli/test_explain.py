"""`explain` as its users call it: in a pipe, on a terminal, and with a text that would rather run there."""

import json
import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from moderation.classifier.artifact import ModelError
from moderation.classifier.loading import has_careful
from moderation.classifier.reader import Evidence, QuickReader, Token
from moderation.cli import main
from moderation.config import ROOT
from moderation.domain.explain import logit, probability
from moderation.domain.reading import ATTRIBUTES, INSULT, SPAM, TOXICITY, Reading, Span

BIAS, REST = -2.0, 0.25
WEIGHTS = {"idiot": 2.5, "daft": 0.5, "thanks": -1.5, "fool": 9.0}
SHIPPED = QuickReader.load
RUDE = "You are a pathetic idiot and nobody wants you here"


class Weigher:
    """Stands in for the model: a weight for some words, and those of the article are excused.

    INSULT has no spans in a reading, but evidence of its own.
    """

    def __init__(self):
        self.read_with = None

    def read(self, text, context):
        self.read_with = context
        places = [(match.start(), match.end(), match[0]) for match in re.finditer(r"\S+", text)]
        spans = tuple(Span(at, end, TOXICITY, WEIGHTS[word]) for at, end, word in places if word in WEIGHTS)
        excused = tuple(Span(at, end, TOXICITY, 0.5) for at, end, word in places if word in context.article.split())
        score = probability(BIAS + sum(span.contribution for span in spans) + REST)
        return Reading(
            scores={**dict.fromkeys(ATTRIBUTES, 0.01), INSULT: probability(BIAS + 0.75), TOXICITY: score},
            spans=spans,
            model="fake-2",
            bias=dict.fromkeys(ATTRIBUTES, BIAS),
            rest={**dict.fromkeys(ATTRIBUTES, REST), INSULT: 0.75},
            excused=excused,
        )

    def read_many(self, texts, contexts):
        return [self.read(text, context) for text, context in zip(texts, contexts, strict=True)]

    def evidence(self, text, context):
        tokens = [Token(match.start(), match.end(), match[0]) for match in re.finditer(r"\S+", text)]
        contributions = np.zeros((len(tokens), len(ATTRIBUTES)))
        for row, token in enumerate(tokens):
            contributions[row, ATTRIBUTES.index(INSULT)] = {"idiot": 1.0, "not": -0.25}.get(token.word, 0.0)
        return Evidence(tokens, contributions, contributions.sum(axis=0) + BIAS)


@pytest.fixture(autouse=True)
def weigher(monkeypatch):
    """One reader of the words alone; the tests of both ask for the shipped ones."""
    monkeypatch.setenv("CAREFUL_READER", "off")
    weigher = Weigher()
    monkeypatch.setattr(QuickReader, "load", lambda: weigher)
    return weigher


def explain(*arguments, **keywords):
    result = CliRunner().invoke(main, ["explain", *map(str, arguments)], **keywords)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_text_stands_first_with_signed_marks():
    assert explain("You daft idiot, no thanks idiot").startswith(
        "| You [+daft +0.50] idiot, no [-thanks -1.50] [+idiot +2.50]\n"
    )


def test_the_lines_add_up_to_the_logit_of_the_score():
    lines = explain("daft idiot thanks").splitlines()

    numbers = [float(found[1]) for line in lines if (found := re.match(r"  .* ([+-]\d+\.\d+)\b", line))]
    *parts, total = numbers
    assert parts == [BIAS, 2.5, -1.5, 0.5, REST]
    assert total == sum(parts)
    (stated,) = re.findall(r"the logit of ([\d.]+)", "\n".join(lines))
    assert logit(float(stated)) == pytest.approx(total, abs=1e-4)


def test_each_raising_word_has_the_score_without_it():
    rows = [" ".join(line.split()) for line in explain("daft idiot thanks").splitlines()]

    assert "idiot +2.500 without it 0.06" in rows
    assert "daft +0.500 without it 0.32" in rows
    assert "thanks -1.500" in rows


def test_a_repeated_word_has_a_line_for_each_place_and_is_left_out_all_at_once():
    rows = [" ".join(line.split()) for line in explain("idiot or idiot").splitlines()]

    assert rows.count("idiot +2.500") == 2
    assert "idiot, both times without it 0.15" in rows


def test_no_score_is_called_certain():
    shown = explain("idiot fool")

    assert "TOXICITY over 0.99 by fake-2" in shown
    assert "without it over 0.99" in shown


def test_the_default_policys_decision_stands_with_its_reasons():
    held, published = explain("idiot"), explain("thanks")

    assert "decision: hold\n  Rude or likely to make people leave the conversation (probability 68%)" in held
    assert published.endswith("decision: publish\n")


def test_words_of_the_article_are_named_as_excused(tmp_path):
    (tmp_path / "article.txt").write_text("bees stung and smoked")

    shown = explain("daft smoked stung smoked", "--article", tmp_path / "article.txt")

    assert "Excused by the article: smoked, stung\n" in shown
    assert "Excused" not in explain("daft smoked")


def test_title_article_and_parent_reach_the_reader(tmp_path, weigher):
    (tmp_path / "article.txt").write_bytes(b"caf\xe9 talk")

    explain("daft", "--title", "Bees", "--article", tmp_path / "article.txt", "--parent", "Why?")

    read_with = weigher.read_with
    assert (read_with.title, read_with.article, read_with.parent) == ("Bees", "caf\ufffd talk", "Why?")


def test_an_attribute_that_has_no_spans_of_its_own_is_taken_apart_too():
    rows = [" ".join(line.split()) for line in explain("idiot or not", "--attribute", "insult").splitlines()]

    assert rows[0] == "| [+idiot +1.00] or [-not -0.25]"
    assert "INSULT 0.22 by fake-2" in rows
    assert "idiot +1.000 without it 0.10" in rows
    assert "all other words +0.000" in rows


def test_a_dash_reads_standard_input():
    assert explain("-", input="A daft\nidiot\n").startswith("| A [+daft +0.50]\n| [+idiot +2.50]\n\n")


def test_standard_input_that_is_no_utf8_is_still_explained():
    assert explain("-", input=b"caf\xe9 idiot").startswith("| caf\ufffd [+idiot +2.50]\n")


def test_as_json_it_can_be_recomputed():
    told = json.loads(explain("daft idiot idiot thanks", "--json"))

    total = told["bias"] + sum(span[3] for span in told["spans"]) + told["rest"]
    assert total == pytest.approx(told["logit"])
    assert probability(total) == pytest.approx(told["score"], abs=1e-6)
    first = told["words"][0]
    assert (first["word"], first["places"], first["contribution"]) == ("idiot", [[5, 10], [11, 16]], 5.0)
    assert first["score_without"] == pytest.approx(probability(total - 5.0), abs=1e-6)
    assert (told["model"], told["attribute"], told["decision"]) == ("fake-2", TOXICITY, "hold")
    assert [reason["code"] for reason in told["reasons"]] == ["toxicity"]
    assert told["scores"][INSULT] == pytest.approx(probability(BIAS + 0.75), abs=1e-6)


@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_a_text_with_nothing_to_read_is_held(text):
    assert "decision: hold\n  Has no text" in explain(text)


def test_an_over_long_text_is_read_so_far_and_held():
    assert "decision: hold\n  Is too long to be read whole" in explain("-", input="thanks " * 5_000)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[31mred\x1b[0m", "| a[U+001B][31mred[U+001B][0m"),
        ("\x1b]0;title\x07", "| [U+001B]]0;title[U+0007]"),
        ("\x9b2Jgone", "| [U+009B]2Jgone"),
        ("good\rbad", "| good[U+000D]bad"),
        ("up\x08\x7f", "| up[U+0008][U+007F]"),
        ("\u202eevil\u2066", "| [U+202E]evil[U+2066]"),
        ("half \ud83d", "| half \\ud83d"),
        ("one\r\ntwo", "| one\n| two"),
        ("one\ntwo\n\nThe default policy's decision: publish", "| one\n| two\n| \n| The default"),
        ("one\x0b\x0c\x85\u2028two", "| one[U+000B U+000C U+0085: 4 invisible]two"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_by_its_number(hostile, shown):
    assert explain(hostile).startswith(shown)


def test_a_hostile_word_stays_on_its_own_line_of_the_table(weigher, monkeypatch):
    word = "i\nd\ti\x1b[2Jot" + "x" * 20_000
    monkeypatch.setattr(
        weigher,
        "read",
        lambda text, context: Reading(
            dict.fromkeys(ATTRIBUTES, 0.4), (Span(0, len(text), TOXICITY, 1.0),), "fake-2", excused=()
        ),
    )

    lines = explain(word).splitlines()

    row = next(line for line in lines if "without it" in line)
    assert row.startswith("  i d i[U+001B][2Jot")
    assert len(row) < 80


def test_a_terminal_without_unicode_gets_numbers_for_letters():
    assert CliRunner(charset="ascii").invoke(main, ["explain", "idiot né"]).stdout.startswith("| [+idiot +2.50] n\\xe9")


@pytest.mark.parametrize("arguments", [[], ["idiot", "--attribute", "KINDNESS"], ["idiot", "--article", "nowhere.txt"]])
def test_a_wrong_call_is_refused_with_a_sentence(arguments):
    result = CliRunner().invoke(main, ["explain", *arguments])

    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_a_model_that_cannot_be_used_is_said_in_a_sentence(monkeypatch):
    def refuse():
        raise ModelError("The model has been changed.")

    monkeypatch.setattr(QuickReader, "load", refuse)

    result = CliRunner().invoke(main, ["explain", "idiot"])

    assert result.exit_code == 1
    assert result.stderr == "Error: The model has been changed.\n"


def test_help_shows_an_example():
    assert "Example: moderation explain" in explain("--help")


def test_the_shipped_model_explains_its_score_to_the_last_digit(monkeypatch):
    monkeypatch.setattr(QuickReader, "load", SHIPPED)

    told = json.loads(explain(RUDE, "--json"))

    total = told["bias"] + sum(span[3] for span in told["spans"]) + told["rest"]
    assert total == pytest.approx(logit(SHIPPED().read(RUDE).scores[TOXICITY]), abs=2e-3)
    assert told["logit"] == pytest.approx(total, abs=2e-3)
    assert told["words"][0]["word"] == "idiot"
    assert told["words"][0]["score_without"] < told["score"]


@pytest.fixture
def shipped(monkeypatch):
    """The models of the project, both of them."""
    if not has_careful():
        pytest.skip("there is no careful reader yet")
    monkeypatch.setattr(QuickReader, "load", SHIPPED)
    monkeypatch.setenv("CAREFUL_READER", "on")


@pytest.mark.parametrize("attribute", [TOXICITY, SPAM])
@pytest.mark.parametrize("reader", ["quick", "careful", "both"])
def test_every_readers_lines_add_up_to_its_score(shipped, reader, attribute):
    told = json.loads(explain(RUDE, "--reader", reader, "--attribute", attribute, "--json"))

    total = told["bias"] + sum(span[3] for span in told["spans"]) + told["rest"]
    assert told["spans"]
    assert probability(total) == pytest.approx(told["scores"][attribute], abs=2e-3)
    assert set(told["apart"]) == (set() if reader == "quick" else {"quick", "careful"})
    assert {word["is_estimate"] for word in told["words"]} == {reader != "quick"}
    if reader != "both":
        assert told["scores"] == pytest.approx(told["apart"].get(reader, told["scores"]), abs=1e-5)


def test_both_readers_scores_stand_above_the_sum_and_a_score_without_a_word_is_called_an_estimate(shipped):
    by_both, by_quick = explain(RUDE), explain(RUDE, "--reader", "quick")

    assert re.search(r"^By the words alone: \S.*\. By the sentence: \S.*\.$", by_both, re.MULTILINE)
    assert "without it about" in by_both
    assert "By the words" not in by_quick
    assert "about" not in by_quick


def test_what_the_article_excuses_is_named_with_both_readers_too(shipped, tmp_path):
    (tmp_path / "article.txt").write_text("The press called him scum and a monster.")

    shown = explain("They called him scum and a monster", "--article", tmp_path / "article.txt")

    assert "Excused by the article: " in shown


def test_the_careful_reader_that_is_switched_off_cannot_be_asked_for():
    result = CliRunner().invoke(main, ["explain", "idiot", "--reader", "careful"])

    assert result.exit_code == 1
    assert "--reader quick" in result.stderr


def on_a_terminal(*arguments, **env):
    """What reaches a real terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "moderation", "explain", *arguments]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "", **env}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs) as running:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    assert running.returncode == 0
    return shown.decode().replace("\r\n", "\n")


def _read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when the other side has closed
        return b""


def test_on_a_terminal_words_are_bold_and_underlined_and_hostile_ones_do_nothing():
    shown = on_a_terminal("You idiot \x1b[2J\x07")

    assert "\x1b[31m\x1b[1m\x1b[4midiot\x1b[0m" in shown
    assert "[U+001B][2J[U+0007]" in shown
    assert not re.sub(r"\x1b\[\d+m", "", shown.replace("\n", "")).strip(" ").count("\x1b")
    assert "\x07" not in shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_asks_for_no_colour_gets_brackets(env):
    shown = on_a_terminal("You idiot", **env)

    assert "\x1b" not in shown
    assert "[+idiot +" in shown
