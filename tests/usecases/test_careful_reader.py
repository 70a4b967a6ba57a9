"""Whatever the careful reader does, a comment is answered in time: with the quick reader's score, and a word on why."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
import structlog

from moderation.classifier.both import BothReaders
from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.reader import Careful as Said
from moderation.classifier.reader import QuickReader
from moderation.classifier.rush import Rush
from moderation.domain.policy import Band, Policy
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Careful, Context, Reading
from moderation.scoring import AT_ONCE, Request, Scorer
from moderation.storage.tables import Decision
from tests.factories import FakeReader, make_submission

TEXT = "You are an idiot"


class Network:
    """Stands in for the careful reader: one logit for every attribute, after whatever it is told to do first."""

    attributes, model = ATTRIBUTES, "careful-fake"

    def __init__(self, logit=2.0, *, before=lambda: None):
        self.logit, self.before = logit, before
        self.read_texts = []

    def read(self, text, context=Context(), weigh=None):  # noqa: B008 - Context is frozen
        self.read_texts.append(text)
        self.before()
        number = len(ATTRIBUTES)
        return Said(np.full(number, self.logit, dtype=np.float32), [], np.zeros((0, number), dtype=np.float32))


@pytest.fixture(scope="module")
def quick():
    return QuickReader.load()


@pytest.fixture
def stop():
    """Set when the test ends, so that nothing waits for ever."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def both(quick):
    """Both readers, of which the second is always asked unless a margin is given."""
    made = []

    def _both(network, *, margin=100.0, **options):
        columns = dict.fromkeys(ATTRIBUTES, 0.5)
        found = dict.fromkeys(("quick", "careful", "steepness"), columns)
        found |= {name: dict.fromkeys(ATTRIBUTES, 0.0) for name in ("shift", "alone")}
        found |= {name: dict.fromkeys(ATTRIBUTES, margin) for name in ("lower", "higher", "score_to")}
        combination = Combination.from_dict(
            {**found, "score_from": dict.fromkeys(ATTRIBUTES, -margin)}, quick.attributes
        )
        made.append(BothReaders(quick, network, combination, **options))
        return made[-1]

    yield _both
    for readers in made:
        readers.close()


@pytest.fixture
def scorer_of():
    made = []

    def _scorer(reader, **options):
        made.append(Scorer(reader, **options))
        return made[-1]

    yield _scorer
    for scorer in made:
        scorer.close()


def fail():
    raise RuntimeError(TEXT)


def receipts(database):
    with database.read() as session:
        return [decision.receipt for decision in session.scalars(sa.select(Decision))]


def test_both_readers_make_the_score_and_the_receipt_holds_what_each_said(database, submit, scorer_of, both, quick):
    submit(make_submission(text=TEXT), scorer=scorer_of(both(Network(logit=-6.0)), deadline_s=30))

    [receipt] = receipts(database)
    assert (receipt["model"], receipt["careful"]) == (f"{quick.model}+careful-fake", "asked")
    apart = {name: scores[TOXICITY] for name, scores in receipt["apart"].items()}
    assert apart["careful"] < receipt["scores"][TOXICITY] < apart["quick"]
    assert apart["quick"] == pytest.approx(quick.read(TEXT).scores[TOXICITY], abs=1e-6)


@pytest.mark.parametrize(
    ("network", "became"),
    [
        (Network(before=fail), Careful.FAILED),
        (Network(logit=np.nan), Careful.FAILED),
        (Network(logit=np.inf), Careful.FAILED),
        (Network(before=lambda: time.sleep(0.5)), Careful.LATE),
    ],
    ids=["raises", "no number", "endless", "sleeps"],
)
def test_where_the_careful_reader_gives_no_answer_the_quick_readers_score_stands(
    database, submit, scorer_of, both, quick, network, became
):
    with structlog.testing.capture_logs() as logs:
        [result] = submit(make_submission(text=TEXT), scorer=scorer_of(both(network, answer_s=0.1), deadline_s=30))

    [receipt] = receipts(database)
    alone = quick.read(TEXT)
    assert (receipt["careful"], result["readers"], receipt["apart"]) == (became.value, {"careful": became.value}, {})
    assert receipt["scores"] == pytest.approx(alone.scores, abs=1e-6)
    assert receipt["model"] == alone.model
    assert result["decision"] == "hold"
    assert f"careful_reader_{became.value}" in [line["event"] for line in logs]
    assert TEXT not in str(logs)


def test_what_is_no_answer_of_the_right_shape_counts_as_none(both, quick):
    network = Network()
    network.read = lambda *_: Said(np.zeros(3), [], np.zeros((0, 3)))

    reading = both(network).read(TEXT)

    assert (reading.careful, reading.scores) == (Careful.FAILED, quick.read(TEXT).scores)


def test_room_is_given_back_after_every_kind_of_end(both, stop):
    """With room for two, each that was not given back would keep later ones out."""
    network = Network(before=fail)
    readers = both(network, waiting=2, answer_s=0.05)
    for _ in range(5):
        assert readers.read(TEXT).careful is Careful.FAILED
    network.before = lambda: stop.wait(60)
    for _ in range(5):
        assert readers.read(TEXT).careful is Careful.LATE

    stop.set()
    network.before = lambda: None

    assert soon(lambda: readers.read(TEXT).careful is Careful.ASKED)
    readers.answer_s = 30
    with ThreadPoolExecutor(2) as pool:
        assert {reading.careful for reading in pool.map(readers.read, [TEXT] * 20)} == {Careful.ASKED}


def test_behind_threads_that_are_stuck_nobody_waits(both, stop):
    readers = both(Network(before=lambda: stop.wait(60)), threads=2, answer_s=0.05)
    for _ in range(2):
        assert readers.read(TEXT).careful is Careful.LATE
    readers.answer_s = 50.0

    start = time.monotonic()
    assert readers.read(TEXT).careful is Careful.LATE
    assert time.monotonic() - start < 40


@pytest.mark.parametrize("pause_s", [0.2, 60.0], ids=["slow", "blocked"])
def test_a_hundred_requests_at_once_are_all_answered_within_the_deadline(scorer_of, both, quick, stop, pause_s):
    scorer = scorer_of(both(Network(before=lambda: stop.wait(pause_s))), deadline_s=8.0)
    alone = quick.read(TEXT).scores

    def ask(_):
        start = time.monotonic()
        [found] = scorer.assess(Policy(), [Request(TEXT)])
        return found.reading, time.monotonic() - start

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(ask, range(100)))

    assert all(reading is not None for reading, _ in answers)
    assert max(took for _, took in answers) < 8.0
    late = [reading for reading, _ in answers if reading.careful is Careful.LATE]
    assert late
    assert all(reading.scores == alone for reading in late)


def test_a_batch_behind_a_careful_reader_that_never_answers_is_decided_by_the_quick_one(scorer_of, both, stop):
    scorer = scorer_of(both(Network(before=lambda: stop.wait(60))), deadline_s=4.0)

    found = scorer.assess(Policy(), [Request(TEXT)] * 100)

    assert [assessment.reading.careful for assessment in found] == [Careful.LATE] * 100


class Listening(FakeReader):
    """A cascade that notes what it is asked with."""

    answer_s = 1.0

    def read(self, text, context=Context(), *, spans=True, bands=None, for_scores=True, within_s=None, hurried=None):  # noqa: B008
        self.bands, self.for_scores, self.within_s, self.hurried = bands, for_scores, within_s, hurried
        return super().read(text, context, spans=spans)


def test_the_careful_reader_is_asked_by_the_sites_own_policy_and_has_less_time_than_the_request(scorer_of):
    bands = {TOXICITY: Band(hold=0.9)}
    reader = Listening()
    scorer = scorer_of(reader, deadline_s=2.0)

    scorer.assess(Policy(bands=bands), [Request(TEXT)])
    assert (reader.bands, reader.for_scores) == (bands, False)
    assert 0 < reader.within_s <= 1.0
    assert not reader.hurried

    scorer.assess(Policy(bands=bands), [Request(TEXT)], for_scores=True)
    assert (reader.bands, reader.for_scores) == (bands, True)

    scorer.assess(Policy(bands=bands), [Request(TEXT)], within_s=0.5)
    assert 0 < reader.within_s <= 0.25
    assert reader.hurried


def test_a_caller_in_a_hurry_does_not_stand_in_line_for_the_careful_reader(both, scorer_of, stop):
    is_reading = threading.Semaphore(0)

    def read():
        is_reading.release()
        assert stop.wait(20)

    scorer = scorer_of(both(Network(before=read), answer_s=20), deadline_s=60)
    with ThreadPoolExecutor(AT_ONCE) as others:
        first = [others.submit(scorer.assess, Policy(), [Request(TEXT)]) for _ in range(AT_ONCE)]
        for _ in first:
            assert is_reading.acquire(timeout=10)

        [hurried] = scorer.assess(Policy(), [Request(TEXT)], for_scores=True, within_s=40)
        assert hurried.reading.careful is Careful.LATE
        assert not any(future.done() for future in first)
        stop.set()

    assert [future.result()[0].reading.careful for future in first] == [Careful.ASKED] * AT_ONCE
    [alone] = scorer.assess(Policy(), [Request(TEXT)], for_scores=True, within_s=40)
    assert alone.reading.careful is Careful.ASKED


def test_callers_in_a_hurry_go_without_the_careful_reader_while_they_are_more_than_it_can_answer(
    both, scorer_of, monkeypatch
):
    now = 100.0
    rush = Rush(clock=lambda: now)
    rush.spent(0.1)  # a slow machine: two a second are what fits
    monkeypatch.setattr(rush, "spent", lambda seconds: None)
    scorer = scorer_of(both(Network(), answer_s=20, rush=rush), deadline_s=60)

    def careful(**options):
        return scorer.assess(Policy(), [Request(TEXT)], for_scores=True, **options)[0].reading.careful

    assert [careful(within_s=40) for _ in range(4)] == [Careful.ASKED] * 2 + [Careful.LATE] * 2
    assert careful() is Careful.ASKED  # whoever can wait does, and does not count
    now += 1.1
    assert careful(within_s=40) is Careful.ASKED


def test_with_a_lines_distance_from_every_band_nobody_is_asked(both, scorer_of, quick):
    network = Network()
    scorer = scorer_of(both(network, margin=1.0), deadline_s=30)
    far = Policy(bands=dict.fromkeys(ATTRIBUTES, Band(hold=0.9999)))

    [clear] = scorer.assess(far, [Request("A lovely garden")])
    assert (clear.reading.careful, network.read_texts) == (Careful.NOT_NEEDED, [])
    assert clear.reading == replace(quick.read("A lovely garden"), careful=Careful.NOT_NEEDED)

    near = {TOXICITY: Band(hold=quick.read(TEXT).scores[TOXICITY])}
    [close] = scorer.assess(Policy(bands=near), [Request(TEXT)])
    assert (close.reading.careful, network.read_texts) == (Careful.ASKED, [TEXT])


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1, float("inf")])
def test_what_is_no_probability_holds_the_comment(submit, scorer_of, score):
    class Wrong:
        model = "wrong-1"

        def read(self, text, context):
            return Reading({**dict.fromkeys(ATTRIBUTES, 0.1), TOXICITY: score}, (), self.model)

    [result] = submit(make_submission(), scorer=scorer_of(Wrong(), deadline_s=30))

    assert (result["decision"], result["model"], result["readers"], result["scores"]) == ("hold", None, None, {})
    assert [reason["code"] for reason in result["reasons"]] == ["not_scored"]


def test_a_reading_without_scores_holds_the_comment(submit, scorer_of):
    class Silent:
        model = "silent-1"

        def read(self, text, context):
            return Reading({}, (), self.model)

    [result] = submit(make_submission(), scorer=scorer_of(Silent(), deadline_s=30))

    assert [reason["code"] for reason in result["reasons"]] == ["not_scored"]


def test_a_quick_reader_that_is_no_number_is_not_covered_up_by_the_careful_one(both, quick, scorer_of, monkeypatch):
    readers = both(Network())
    nothing = replace(quick.read(TEXT), scores=dict.fromkeys(ATTRIBUTES, float("nan")))
    monkeypatch.setattr(quick, "read", lambda *arguments, **keywords: nothing)

    [found] = scorer_of(readers, deadline_s=30).assess(Policy(), [Request(TEXT)])

    assert found.reading is None


def soon(condition, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
