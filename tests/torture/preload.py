"""Imported once by the process that all others are forked from, so that a restart takes a second instead of ten."""

import moderation.cli.serve
import moderation.web.app  # noqa: F401 - it is the importing that counts
import tests.torture.places  # noqa: F401 - the same
from moderation.classifier.loading import load_reader
from moderation.storage.migrate import newest_revision
from moderation.text.language import load as load_languages

load_languages()
load_reader(careful=False).reader.read("The first text takes longer than all others.")
newest_revision()
