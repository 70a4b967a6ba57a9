"""What fuzzing found, and the seeds it starts from: every input is tried again."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("target", TARGETS)
def test_inputs_of_the_corpus_break_no_promise(target):
    inputs = sorted((CORPUS / target).iterdir())

    assert inputs, "a target needs seeds"
    for path in inputs:
        try:
            TARGETS[target](path.read_bytes())
        except Exception as error:
            raise AssertionError(f"{path.name} breaks {target}") from error
