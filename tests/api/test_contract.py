"""The API against its own description: whatever is sent, the answer is one that /openapi.json promises."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.web.openapi import document

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
