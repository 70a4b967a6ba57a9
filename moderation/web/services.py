"""What the views work with: settings, database, scorer, sign-in limits; one object, made at start."""

from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from moderation.config import Settings
from moderation.scoring import Scorer
from moderation.storage.engine import Database
from moderation.web.throttle import AppealThrottle, CodeThrottle, KeyThrottle, SignInThrottle


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    scorer: Scorer
    sign_ins: SignInThrottle = field(default_factory=SignInThrottle)
    codes: CodeThrottle = field(default_factory=CodeThrottle)
    objections: AppealThrottle = field(default_factory=AppealThrottle)
    dialect_calls: KeyThrottle = field(default_factory=KeyThrottle)
    # A slow blog keeps a test waiting for five seconds: so many of one site fill one thread, not all.
    site_tests: KeyThrottle = field(default_factory=lambda: KeyThrottle(12))


def install(app: Flask, services: Services) -> None:
    app.extensions["moderation"] = services


def services() -> Services:
    return cast(Services, current_app.extensions["moderation"])
