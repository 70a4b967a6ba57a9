# `make run` and `make test` are all a new user needs; each makes the environment it wants from the lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: env env-dev run test check messages screenshots lock

env: $(VENV)/.run-ready
env-dev: $(VENV)/.dev-ready

$(VENV)/.run-ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev-ready: requirements-dev.lock $(VENV)/.run-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	touch $@

run: env
	@exec $(BIN)/moderation demo

test: env-dev
	$(BIN)/python -m pytest

check: env-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The pages' words: gathers them for translators, then brings the languages that exist up to date.
# A new one: `.venv/bin/pybabel init -i moderation/web/translations/messages.pot -d moderation/web/translations -l LANGUAGE`
WORDS := moderation/web/translations
messages: env
	$(BIN)/pybabel --quiet extract -F pyproject.toml -k lazy_gettext -k lazy_ngettext:1,2 \
		--copyright-holder "" --add-location file -o $(WORDS)/messages.pot .
	@for catalogue in $(wildcard $(WORDS)/*/LC_MESSAGES/messages.po); do \
		$(BIN)/pybabel --quiet update --no-fuzzy-matching -i $(WORDS)/messages.pot -o $$catalogue \
			-l $$(basename $$(dirname $$(dirname $$catalogue))) && \
		$(BIN)/pybabel --quiet compile -i $$catalogue -o $${catalogue%.po}.mo || exit 1; \
	done

screenshots: env-dev
	$(BIN)/python -m tests.screenshots

# Needs uv (https://docs.astral.sh/uv/); writes both lock files for every supported Python.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --quiet --extra build
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
