# `make run` and `make test` are all a new user needs; each makes the environment it wants from the lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: env env-dev run test torture check messages screenshots fuzz audit lock wordpress-plugin wordpress-check wordpress-messages wordpress-screenshots

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

# Kills a real service and worker while blogs use them; ends non-zero if anything was lost. docs/reliability.md
KILLS ?= 200
DATABASE ?= both
torture: env-dev
	$(BIN)/python -m tests.torture --kills $(KILLS) --database $(DATABASE)

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
		-k InvalidRequest -k NotFound -k NotAllowed -k Conflict -k MailError \
		--project moderation --header-comment "# The words of the pages and the mails, for translators." \
		--add-location file -o $(WORDS)/messages.new .
	@# A new date alone is no change.
	@if diff -q -I '^"POT-Creation-Date' $(WORDS)/messages.new $(WORDS)/messages.pot >/dev/null; \
		then rm $(WORDS)/messages.new; else mv $(WORDS)/messages.new $(WORDS)/messages.pot; fi
	@for catalogue in $(wildcard $(WORDS)/*/LC_MESSAGES/messages.po); do \
		$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-pot-creation-date -i $(WORDS)/messages.pot -o $$catalogue \
			-l $$(basename $$(dirname $$(dirname $$catalogue))) && \
		$(BIN)/pybabel --quiet compile -i $$catalogue -o $${catalogue%.po}.mo || exit 1; \
	done

screenshots: env-dev
	$(BIN)/python -m tests.screenshots

# Ten minutes for each target; `make fuzz SECONDS=60 TARGETS=rules`. atheris has wheels up to Python 3.11 in this version.
SECONDS ?= 600
TARGETS ?=
fuzz: $(VENV)-fuzz/.ready env-dev
	nice -n 19 $(VENV)-fuzz/bin/python -m tests.fuzz $(TARGETS) --seconds $(SECONDS)
	CONTRACT_EXAMPLES=1000 nice -n 19 $(BIN)/python -m pytest -q tests/api/test_contract.py -k one_call

$(VENV)-fuzz/.ready: requirements.lock
	$(PYTHON) -m venv $(VENV)-fuzz
	$(VENV)-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(VENV)-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps atheris==3.0.0
	touch $@

# What the lock file names (CycloneDX, in var/sbom.json), and the known weaknesses in it; needs the network.
# Not among the tests: a new advisory about somebody else's code must not stop a landing.
audit: $(VENV)-audit/.ready
	@mkdir -p var
	$(VENV)-audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file var/sbom.json requirements.lock
	$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

$(VENV)-audit/.ready:
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

wordpress-screenshots: env-dev
	$(BIN)/python -m tests.wordpress.screenshots

# The plugin as WordPress takes it: Plugins > Add New > Upload Plugin.
wordpress-plugin:
	mkdir -p dist
	rm -f dist/moderation-service.zip
	cd integrations/wordpress && $(PYTHON) -m zipfile -c ../../dist/moderation-service.zip moderation-service
	@echo dist/moderation-service.zip

# The coding standards, as far as Debian's php-codesniffer has them: integrations/wordpress/phpcs.xml says which.
wordpress-check:
	cd integrations/wordpress && phpcs -s

# The plugin's words for translators; needs GNU gettext.
wordpress-messages:
	integrations/wordpress/make-pot

# Needs uv (https://docs.astral.sh/uv/); writes both lock files for every supported Python.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --quiet --extra build
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
