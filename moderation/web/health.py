"""Whether the process lives, and whether it can do its work."""

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from moderation.storage import migrate
from moderation.storage.engine import Database
from moderation.web.access import open_to_all
from moderation.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    return jsonify({"ok": True})


@blueprint.get("/readyz")
@open_to_all
def readyz() -> tuple[Response, int]:
    """503 and the names of what is missing; why is in `moderation doctor`, not on a public page.

    What is `degraded` is missing too, but the service does its work without.
    """
    scorer = services().scorer
    checks = {**_database_checks(services().database), "model": scorer.reader is not None}
    failing = [name for name, is_well in checks.items() if not is_well]
    degraded = ["careful_reader"] if scorer.careful_unusable else []
    return jsonify({"ok": not failing, "failing": failing, "degraded": degraded}), 503 if failing else 200


def _database_checks(database: Database) -> dict[str, bool]:
    try:
        with database.reader.connect() as connection:
            current = migrate.current_revision(connection)
    except sa.exc.SQLAlchemyError:
        return {"database": False, "migrations": False}
    return {"database": True, "migrations": current == migrate.newest_revision()}
