"""The API against its own description: whatever is sent, the answer is one that /openapi.json promises."""

import os
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.storage import sites
from moderation.web.openapi import document
from tests.factories import make_site

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(document("http://localhost"))


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for the outside of the API."""
    return sqlite_database


EXAMPLES, STEPS = int(os.environ.get("CONTRACT_EXAMPLES", "10")), 8  # `make fuzz` takes more


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_every_answer_is_as_described(case: Case, app, alice):
    case.operation.app = app
    case.call_and_validate(headers=alice, checks=CHECKS)


def test_one_call_after_the_other_is_answered_as_described(app, database):
    """Follows the links of the description: a comment that was created is shown, decided, reported, erased, again.

    Each run has a site of its own: what one left behind would have the next answered otherwise.
    """
    followed = set()

    class Blog(schema.as_state_machine()):
        def setup(self):
            with database.write() as session:
                site = make_site(session, slug=uuid4().hex, webhook_url="https://alice.example/hook")
                self.headers = {"Authorization": f"Bearer {sites.add_key(session, site)}"}

        def before_call(self, case):
            case.operation.app = app

        def get_call_kwargs(self, case):
            return {"headers": self.headers}

        def validate_response(self, response, case, **_):
            case.validate_response(response, checks=CHECKS, headers=self.headers)
            if response.status_code < 400 and "{id}" in case.operation.path:
                followed.add(case.operation.label)

    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(Blog, settings=chosen)

    assert len(followed) >= 2, followed  # it came further than to comments that are not there
