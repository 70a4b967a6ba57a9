"""The table of legal moves."""

import pytest

from moderation.domain.comment import RESULT, TRANSITIONS, Action, State, next_state
from moderation.domain.errors import IllegalTransition


def test_every_state_and_every_action_is_in_the_tables():
    assert set(TRANSITIONS) == set(State)
    assert set(RESULT) == set(Action)


@pytest.mark.parametrize("action", Action)
def test_nothing_leaves_erased(action):
    with pytest.raises(IllegalTransition, match="erased"):
        next_state(State.ERASED, action)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ERASED])
@pytest.mark.parametrize("action", Action)
def test_every_other_state_takes_every_action(state, action):
    assert next_state(state, action) is RESULT[action]
