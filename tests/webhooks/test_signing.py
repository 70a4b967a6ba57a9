"""Signatures: what we sign, others accept; what others send, we accept or refuse by name."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from moderation.domain.errors import NotSignedIn
from moderation.webhooks import signing
from moderation.webhooks.signing import (
    SignatureError,
    SignatureInvalid,
    SignatureMissing,
    TimestampOutsideTolerance,
)

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STAMP = 1795424400
BODY = '{"type":"comment.held","name":"Zoë"}'.encode()


def headers(**changes):
    """The headers of a well-signed request; a change to None leaves one out."""
    sent = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(STAMP),
        "webhook-signature": signing.sign(SECRET, "msg_1", STAMP, BODY),
    }
    sent |= {f"webhook-{name}": value for name, value in changes.items()}
    return {name: value for name, value in sent.items() if value is not None}


def refused(changed, *, body=BODY, now=NOW, secrets=(SECRET,)):
    with pytest.raises(SignatureError) as caught:
        signing.verify(secrets, changed, body, now)
    return caught.value


def test_signature_is_the_one_of_the_standard_library():
    expected = Webhook(SECRET).sign("msg_1", NOW, BODY.decode())

    assert signing.sign(SECRET, "msg_1", STAMP, BODY) == expected


def test_signature_of_the_specifications_example():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    message_id, timestamp = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330

    signature = signing.sign(secret, message_id, timestamp, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_new_secret_has_32_random_bytes():
    secret = signing.new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != signing.new_secret()


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%%", "whsec_abc", "whsec_é"])
def test_secret_that_is_none_cannot_sign(secret):
    with pytest.raises(ValueError, match="webhook secret"):
        signing.sign(secret, "msg_1", STAMP, BODY)


def test_timestamp_is_the_same_second_in_every_zone():
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert signing.timestamp_of(elsewhere) == STAMP


def test_signed_request_tells_its_id():
    assert signing.verify([SECRET], headers(), BODY, NOW) == "msg_1"


def test_header_names_may_be_in_any_case():
    shouted = {name.upper(): value for name, value in headers().items()}

    assert signing.verify([SECRET], shouted, BODY, NOW) == "msg_1"


def test_one_fitting_signature_of_several_is_enough():
    wrong = signing.sign(OTHER, "msg_1", STAMP, BODY)
    several = f"v1a,c29tZXRoaW5n {wrong} {headers()['webhook-signature']}"

    assert signing.verify([SECRET], headers(signature=several), BODY, NOW) == "msg_1"


def test_old_secret_counts_while_it_is_given():
    assert signing.verify([OTHER, SECRET], headers(), BODY, NOW) == "msg_1"
    assert refused(headers(), secrets=[OTHER]).code == "signature-invalid"
    assert refused(headers(), secrets=[]).code == "signature-invalid"


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_header_is_refused(name, value):
    error = refused(headers(**{name: value}))

    assert isinstance(error, SignatureMissing)
    assert error.code == "signature-missing"
    assert "webhook-timestamp" in error.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "v1"},
        {"signature": "v1,"},
        {"signature": ","},
        {"signature": " "},
        {"signature": "v1,not base64!"},
        {"signature": "v1,AAAA"},
        {"signature": "v1,\xff\xfe"},
        {"signature": "v1,\ud800"},
        {"signature": "v1," + "A" * 1_000_000},
        {"signature": "v1,A " * 1_000_000},
        {"signature": "v2," + signing.sign(SECRET, "msg_1", STAMP, BODY)[3:]},
        {"signature": signing.sign(SECRET, "msg_1", STAMP, BODY)[3:]},
        {"signature": signing.sign(SECRET, "msg_1", STAMP, BODY).lower()},
        {"signature": signing.sign(SECRET, "msg_2", STAMP, BODY)},
        {"signature": signing.sign(SECRET, "msg_1", STAMP + 1, BODY)},
        {"signature": signing.sign(SECRET, "msg_1", STAMP, BODY + b" ")},
        {"signature": signing.sign(OTHER, "msg_1", STAMP, BODY)},
        {"timestamp": "now"},
        {"timestamp": "1e9"},
        {"timestamp": "-1"},
        {"timestamp": "+1795424400"},
        {"timestamp": f"{STAMP}.0"},
        {"timestamp": f" {STAMP}"},
        {"timestamp": f"0{STAMP}"},
        {"timestamp": "١٧٩٥٤٢٤٤٠٠"},
        {"timestamp": "9" * 10_000},
        {"timestamp": "NaN"},
        {"timestamp": "²"},
        {"id": "msg_2"},
    ],
    ids=lambda changes: f"{changes}"[:40],
)
def test_malformed_or_wrong_header_is_refused(changes):
    error = refused(headers(**changes))

    assert isinstance(error, SignatureInvalid)
    assert error.code == "signature-invalid"
    assert error.detail.startswith(("Sign ", "Send "))


@pytest.mark.parametrize("message_id", ["msg.1", "msg 1", "mšg", "msg\n1", "m" * 256])
def test_id_that_could_be_misread_is_refused_though_it_is_signed(message_id):
    signature = signing.sign(SECRET, message_id, STAMP, BODY)

    error = refused(headers(id=message_id, signature=signature))

    assert isinstance(error, SignatureInvalid)
    assert "webhook-id" in error.detail


def test_id_that_is_no_text_is_refused():
    assert refused(headers(id="\ud800")).code == "signature-invalid"


def test_changed_body_is_refused():
    assert refused(headers(), body=BODY.replace(b"held", b"spam")).code == "signature-invalid"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_tolerated(seconds):
    assert signing.verify([SECRET], headers(), BODY, NOW + timedelta(seconds=seconds)) == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301, 86_400, 10**9])
def test_timestamp_outside_tolerance_is_refused(seconds):
    error = refused(headers(), now=NOW + timedelta(seconds=seconds))

    assert isinstance(error, TimestampOutsideTolerance)
    assert error.code == "timestamp-outside-tolerance"
    assert "clock" in error.detail


def test_refusals_are_those_of_somebody_who_is_not_signed_in():
    assert issubclass(SignatureError, NotSignedIn)


@given(st.text(), st.text(), st.text(), st.binary())
def test_rubbish_is_refused_by_name(message_id, timestamp, signature, body):
    refused(headers(id=message_id, timestamp=timestamp, signature=signature), body=body)


@given(st.text(), st.sampled_from(["id", "timestamp", "signature"]))
def test_one_rubbish_header_among_good_ones_is_refused_by_name(rubbish, name):
    good = headers()[f"webhook-{name}"]
    if name != "signature" or good not in rubbish:
        refused(headers(**{name: rubbish if rubbish != good else None}))
