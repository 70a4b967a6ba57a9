"""The second factor at sign-in: time-based codes (RFC 6238), and recovery codes for a lost phone."""

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.errors import Conflict, InvalidRequest
from moderation.storage import audit
from moderation.storage.engine import Database
from moderation.storage.secrets import decrypt, encrypt
from moderation.storage.tables import Moderator, RecoveryCode

STEP_S, DIGITS = 30, 6
DRIFT = 1  # steps that a clock may be off
RECOVERY_CODES = 10
ISSUER = "Moderation"


def is_on(moderator: Moderator) -> bool:
    """Whether sign-in asks for a code."""
    return moderator.totp_confirmed_at is not None


def begin(database: Database, moderator: Moderator, *, secret_key: str) -> str:
    """A new secret, in base32 as apps take it; it counts only after `confirm`.

    Raises:
        Conflict: the second factor is on already.
    """
    secret = pyotp.random_base32()
    with database.write() as session:
        started = session.execute(
            sa.update(Moderator)
            .where(Moderator.id == moderator.id, Moderator.totp_confirmed_at.is_(None))
            .values(totp_secret=encrypt(secret, secret_key), totp_last_step=None)
        )
        if not started.rowcount:  # type: ignore[attr-defined]
            raise Conflict("Two-step sign-in is on already; switch it off first.", code="totp-on")
    return secret


def address(moderator: Moderator, secret: str) -> str:
    """The `otpauth:` address that apps read from a picture."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S, name=moderator.email, issuer=ISSUER)
    return str(totp.provisioning_uri())


def confirm(database: Database, moderator: Moderator, code: str, *, secret_key: str, now: datetime) -> list[str]:
    """Switch it on with a first code: the recovery codes, seen this once.

    Raises:
        InvalidRequest: the code is not the one of this moment.
        Conflict: `begin` did not come first.
    """
    with database.write() as session:
        row = session.get_one(Moderator, moderator.id, with_for_update=True)
        if row.totp_secret is None or row.totp_confirmed_at is not None:
            raise Conflict("Begin with a new secret.", code="totp-not-begun")
        step = _step_of(decrypt(row.totp_secret, secret_key), code, now)
        if step is None:
            raise InvalidRequest("This is not the code of this moment.", code="totp-wrong")
        row.totp_confirmed_at, row.totp_last_step = now, step
        _note(session, row, "on")
        return _new_codes(session, row)


def passes(database: Database, moderator: Moderator, code: str, *, secret_key: str, now: datetime) -> bool:
    """Whether *code* is right: one of the app's, each good once, or a recovery code, which it uses up."""
    with database.write() as session:
        row = session.get_one(Moderator, moderator.id)
        if row.totp_secret is None or row.totp_confirmed_at is None:
            return False
        step = _step_of(decrypt(row.totp_secret, secret_key), code, now)
        used: sa.Delete | sa.Update
        if step is None:
            used = sa.delete(RecoveryCode).where(
                RecoveryCode.moderator_id == row.id, RecoveryCode.code_sha256 == _sha256(code)
            )
        else:
            unused = sa.or_(Moderator.totp_last_step.is_(None), Moderator.totp_last_step < step)
            used = sa.update(Moderator).where(Moderator.id == row.id, unused).values(totp_last_step=step)
        fits = bool(session.execute(used.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
        if fits and step is None:
            _note(session, row, "recovery_code_used")
        return fits


def renew_recovery_codes(database: Database, moderator: Moderator) -> list[str]:
    """New recovery codes, seen this once; the old ones are worth nothing any more."""
    with database.write() as session:
        row = session.get_one(Moderator, moderator.id)
        _note(session, row, "recovery_codes")
        return _new_codes(session, row)


def recovery_codes_left(session: so.Session, moderator: Moderator) -> int:
    mine = sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.moderator_id == moderator.id)
    return session.scalar(mine) or 0


def switch_off(database: Database, moderator: Moderator) -> None:
    with database.write() as session:
        row = session.get_one(Moderator, moderator.id)
        row.totp_secret = row.totp_confirmed_at = row.totp_last_step = None
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.moderator_id == row.id))
        _note(session, row, "off")


def _note(session: so.Session, moderator: Moderator, what: str) -> None:
    audit.append(session, audit.INSTALLATION, "second_factor", {"what": what, "moderator": str(moderator.id)})


def code_at(secret: str, step: int) -> str:
    """The code of one step of 30 seconds."""
    return str(pyotp.HOTP(secret, digits=DIGITS).at(step))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step that *code* belongs to, of those around this moment; every one is compared, in constant time."""
    plain = "".join(code.split()).encode("utf-8", "replace")
    present = int(now.timestamp()) // STEP_S
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), plain):
            found = step
    return found


def _new_codes(session: so.Session, moderator: Moderator) -> list[str]:
    codes = [f"{secrets.token_hex(5)}-{secrets.token_hex(5)}" for _ in range(RECOVERY_CODES)]
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator.id))
    session.add_all(RecoveryCode(moderator_id=moderator.id, code_sha256=_sha256(code)) for code in codes)
    return codes


def _sha256(code: str) -> bytes:
    plain = "".join(filter(str.isalnum, code.lower()))
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()
