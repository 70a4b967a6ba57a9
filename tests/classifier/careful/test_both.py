"""Both readers as one: whatever is read, the parts are the score. (What happens in need: tests/usecases.)"""

import json
import math
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from moderation.classifier.artifact import MODELS, ModelError
from moderation.classifier.both import BothReaders, Mode
from moderation.classifier.careful.reader import FILES
from moderation.classifier.careful.weighing import weigh_by
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.domain.explain import logit, parts_sum, probability
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY, Careful, Context

ARTICLE = Context(
    "The mill", "The mill burnt down. The miller blamed the stupid fox. Nobody was killed.", "Who did it?"
)
RUDE = "You are a pathetic idiot and nobody wants you here"
TEXTS = ["", "?", "🙂🙂 no", RUDE, "Thank you, that was kind.", f"{'It was a long day. ' * 60}{RUDE}"]
MODES = [Mode.QUICK, Mode.CAREFUL, Mode.BOTH]

WORDS = ["you", "idiot", "fox", "Kill", "kind", "stupid!", "not", "\u200b", "🐍", "f.u.c.k", "dïed"]
some_text = st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


def check_sums(reading, attributes):
    for attribute in attributes:
        # Of a score next to 1 the logit is not known any more.
        assert probability(parts_sum(reading, attribute)) == pytest.approx(reading.scores[attribute], rel=1e-5)


@pytest.mark.parametrize("mode", MODES)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=some_text, context=st.sampled_from([Context(), ARTICLE]))
@example(text="", context=Context())
@example(text=TEXTS[-1], context=ARTICLE)
@example(text="\ud800 idiot", context=Context())
def test_bias_spans_and_rest_are_the_logit_and_the_spans_lie_in_the_text(both_readers, mode, text, context):
    (reading,) = both_readers.read_many([text], [context], mode=mode)

    check_sums(reading, both_readers.attributes)
    for span in reading.spans:
        assert 0 <= span.start < span.end <= len(text)
        assert math.isfinite(span.contribution)


@pytest.mark.parametrize("kind", KINDS)
def test_disguised_words_are_explained_too(both_readers, kind):
    text = obfuscate(RUDE, kind, Random(1))
    (reading,) = both_readers.read_many([text])

    check_sums(reading, both_readers.attributes)
    assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)


def test_the_spans_are_whole_words_of_the_text(both_readers):
    (reading,) = both_readers.read_many([RUDE])

    assert {RUDE[span.start : span.end] for span in reading.spans} <= set(RUDE.split())
    assert any(RUDE[span.start : span.end] == "idiot" for span in reading.spans)


def test_a_word_that_was_parted_is_marked_in_both_its_parts(both_readers):
    text = "You are an id iot and nobody wants to read you."
    (reading,) = both_readers.read_many([text], mode=Mode.CAREFUL)

    check_sums(reading, both_readers.attributes)
    assert {"id", "iot"} <= {text[span.start : span.end] for span in reading.spans if span.attribute == TOXICITY}


def test_apart_are_the_scores_of_each_reader_alone(both_readers):
    by_mode = {mode: both_readers.read_many(TEXTS, mode=mode) for mode in MODES}

    for quick, careful, both in zip(*by_mode.values(), strict=True):
        assert both.apart["quick"] == pytest.approx(quick.scores, rel=1e-5)
        assert both.apart["careful"] == pytest.approx(careful.scores, rel=1e-5)


def test_the_readers_combine_as_the_manifest_says(both_readers):
    combination = both_readers.combination
    column = both_readers.attributes.index(TOXICITY)

    for text in TEXTS:
        (both,) = both_readers.read_many([text])
        careful = both_readers.careful.read(text, Context(), weigh_by(both_readers.quick, text))
        network = careful.logits[both_readers.careful.attributes.index(TOXICITY)]
        together = (
            combination.quick[column] * logit(both.apart["quick"][TOXICITY])
            + combination.careful[column] * network
            + combination.shift[column]
        )
        assert logit(both.scores[TOXICITY]) == pytest.approx(together, abs=1e-4)


def test_without_spans_the_scores_are_the_same(both_readers):
    for mode in MODES:
        with_spans = both_readers.read_many(TEXTS, mode=mode)
        without = both_readers.read_many(TEXTS, spans=False, mode=mode)

        assert all(reading.spans == () for reading in without)
        for one, other in zip(with_spans, without, strict=True):
            assert one.scores == pytest.approx(other.scores, rel=1e-5)


def test_a_table_is_answered_in_order_and_each_row_as_if_it_were_alone(both_readers):
    together = both_readers.read_many(TEXTS * 5)

    alone = [both_readers.read_many([text])[0] for text in TEXTS]
    assert together == alone * 5


def test_a_service_gets_the_same_reading_as_a_table(both_readers):
    rude, kind = RUDE, "Thank you, that was kind."
    bands = {TOXICITY: DEFAULT_BANDS[TOXICITY]}

    for text in (rude, kind):
        reading = both_readers.read(text, bands=bands, for_scores=False)
        if reading.careful is Careful.ASKED:
            assert reading == both_readers.read_many([text])[0]
        else:
            assert reading.careful is Careful.NOT_NEEDED
            assert reading.scores == both_readers.quick.read(text).scores


def test_for_a_score_that_is_clear_nobody_is_asked_whatever_the_others_are(both_readers):
    text = RUDE
    quick = both_readers.quick.read(text).scores
    unclear = [name for name in quick if both_readers.combination.may_change_score({name: quick[name]})]
    clear = [name for name in quick if name not in unclear]
    assert unclear
    assert clear

    assert both_readers.read(text, for_scores=unclear[:1]).careful is Careful.ASKED
    assert both_readers.read(text, for_scores=True).careful is Careful.ASKED
    assert both_readers.read(text, for_scores=clear).careful is Careful.NOT_NEEDED
    assert both_readers.read(text, for_scores=False).careful is Careful.NOT_NEEDED


def test_the_model_names_both(both_readers):
    (reading,) = both_readers.read_many([RUDE])

    assert reading.model == both_readers.model == f"{both_readers.quick.model}+{both_readers.careful.model}"
    assert both_readers.read_many([RUDE], mode=Mode.CAREFUL)[0].model == both_readers.careful.model
    assert both_readers.read_many([RUDE], mode=Mode.QUICK)[0].model == both_readers.quick.model


def test_a_careful_reader_that_was_fitted_with_another_quick_one_is_refused(careful_directory, tmp_path):
    manifest = json.loads((careful_directory / "manifest.json").read_text())
    own = manifest["combination"]["with"]
    for name in FILES:
        (tmp_path / name).symlink_to(careful_directory / name)
    manifest["combination"]["with"] = "quick-0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelError, match=f"combines with quick-0, not with {own}.*CAREFUL_READER=off"):
        BothReaders.load(tmp_path, quick=MODELS / own)
