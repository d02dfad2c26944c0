# Each target works on a fresh machine by itself: it makes .venv first, where that is not there yet.

NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for each in python3.11 python3; do \
	$$each $(NEW_ENOUGH) 2>/dev/null && echo $$each && break; done)
PORT ?= 8080
RUNTIME ?= python3.13
BIN := .venv/bin
# Before 23.3 it looks past a pin for google-auth[...] as soon as there is a newer google-auth.
PIP := pip>=23.3
INSTALLED := .venv/installed
AGENT := .venv-agent/installed
FRAMEWORKS := .venv-bench/installed
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
FRAMEWORKS_PIP := .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run demo test check lint agent package package-check smoke reliability bench frameworks lock clean

help: ## what there is to make
	@echo 'Oprina: talk to an assistant face to face.'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## the whole system on this machine (PORT=8080, STORE=sqlite|firestore, DATA_DIR=.local)
	@exec $(BIN)/python -m infra.local --port $(PORT) \
		$(if $(STORE),--store '$(STORE)') $(if $(DATA_DIR),--data-dir '$(DATA_DIR)')

demo: $(INSTALLED) ## a conversation in the terminal, against a stack of its own
	@exec $(BIN)/python -m infra.local.demo

test: $(INSTALLED) ## the tests (ARGS='tests/local -x')
	$(BIN)/pytest $(ARGS)

# The agent's environment is installed meanwhile, where it is not there yet.
check: $(INSTALLED) ## format, lint, types, import rules, tests: what must hold before a commit
	@$(MAKE) --no-print-directory -j2 lint $(AGENT)
	$(BIN)/pytest
	@$(MAKE) --no-print-directory agent

lint: $(INSTALLED) ## all of that but the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

agent: $(INSTALLED) $(AGENT) ## the agent alone: types and tests, with what it is deployed with
	$(BIN)/mypy --cache-dir .mypy_cache/agent --python-executable .venv-agent/bin/python \
		$$(find infra/agent tests/agent -name '*.py')
	.venv-agent/bin/python -m pytest tests/agent/adk

package: $(INSTALLED) ## a zip a function into dist/, as it is deployed
	@$(BIN)/python -m infra.deploy.package

package-check: $(INSTALLED) ## start each zip on the deployed Python with what it asks for (RUNTIME=python3.13)
	PACKAGE_PYTHON=$(RUNTIME) $(BIN)/pytest tests/infra/test_package_starts.py

smoke: $(INSTALLED) ## a visit to make run (python -m infra.smoke --help: to a deployment)
	@$(BIN)/python -m infra.smoke http://localhost:$(PORT)

.PHONY: deploy stop-spending open-again
deploy: $(INSTALLED) ## all of it to Google Cloud, or what changed (ENVIRONMENT=small PROJECT=id YES=1)
	@$(BIN)/python -m infra.deploy $(or $(ENVIRONMENT),$(error which ENVIRONMENT?)) \
		$(or $(PROJECT),$(error which PROJECT?)) $(if $(YES),--yes)

stop-spending: $(INSTALLED) ## shut the doors, stop every avatar session, at once (PROJECT=id)
	@$(BIN)/python -m infra.access.stop_spending $(or $(PROJECT),$(error which PROJECT?))

open-again: $(INSTALLED) ## after make stop-spending (PROJECT=id)
	@$(BIN)/python -m infra.access.stop_spending --open-again $(or $(PROJECT),$(error which PROJECT?))

reliability: $(INSTALLED) ## the state machine for long (about ten minutes)
	RELIABILITY=long $(BIN)/pytest tests/reliability/test_machine.py

bench: $(INSTALLED) ## our figures beside those of other frameworks, in one run (ARGS='--runs 9 first_speech')
	@$(MAKE) --no-print-directory frameworks
	@$(BIN)/python -m bench.run $(ARGS)

lock: $(INSTALLED) ## compile requirements*.txt again (ARGS=--upgrade for the newest versions)
	$(COMPILE) $(ARGS) --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) $(ARGS) --constraint requirements-dev.txt --output-file requirements.txt requirements.in
	$(COMPILE) $(ARGS) --output-file infra/agent/requirements-dev.txt infra/agent/requirements-dev.in
	$(COMPILE) $(ARGS) --constraint infra/agent/requirements-dev.txt \
		--output-file infra/agent/requirements.txt infra/agent/requirements.in
	$(COMPILE) $(ARGS) --output-file bench/requirements-frameworks.txt bench/requirements-frameworks.in

clean: ## remove what was made; the data in .local stay
	rm -rf .venv .venv-agent .venv-bench .*_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp that is older than the requirements installs them again.
$(INSTALLED): requirements-dev.txt
	@$(or $(PYTHON),false) $(NEW_ENOUGH) || { \
		echo 'Oprina needs Python 3.11 or later: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'Installing what it stands on into .venv (once; a minute or two)...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(PIP)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-dev.txt
	@touch $@

# By the other environment's pip: the one that Python 3.11 brings is too old for these hashes.
$(AGENT): infra/agent/requirements-dev.txt | $(INSTALLED)
	@test -x .venv-agent/bin/python || $(BIN)/python -m venv .venv-agent
	@echo 'Installing what the agent stands on into .venv-agent (once; a minute and 400 MB)...'
	@$(BIN)/python -m pip --python .venv-agent/bin/python install --quiet \
		--disable-pip-version-check --require-hashes -r infra/agent/requirements-dev.txt
	@touch $@

# A framework that cannot be installed is left out; the bench says so.
frameworks:
	@test $(FRAMEWORKS) -nt bench/requirements-frameworks.txt || { \
		echo 'Installing the other frameworks into .venv-bench (once; some minutes and 750 MB)...'; \
		test -x .venv-bench/bin/python || .venv/bin/python -m venv .venv-bench; \
		if $(FRAMEWORKS_PIP) --require-hashes -r bench/requirements-frameworks.txt; then touch $(FRAMEWORKS); else \
			for each in $$(grep '==' bench/requirements-frameworks.in); do \
				$(FRAMEWORKS_PIP) "$$each" || echo "$$each cannot be installed; the bench runs without it." >&2; \
			done; \
		fi; }
