# Each target runs by itself on a fresh machine: it creates .venv first where .venv is missing.

IS_RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for each in python3.11 python3; do \
	$$each $(IS_RECENT) 2>/dev/null && echo $$each && break; done)
PORT ?= 8080
RUNTIME ?= python3.13
BIN := .venv/bin
# pip before 23.3 ignores the pin of google-auth[...] when a newer google-auth exists.
PIP := pip>=23.3
# Modules are compiled at their first import. To compile all of them takes longer than their installation.
PIP_INSTALL := python -m pip install --quiet --disable-pip-version-check --no-compile
INSTALLED := .venv/installed
AGENT := .venv-agent/installed
RECOGNISER := .venv-recogniser/installed
AGENT_FILES = $$(find infra/agent tests/agent -name '*.py')
FRAMEWORKS := .venv-bench/installed
BROWSER := tests/browser/node_modules/.installed
CLIENTS := avatar google adk1 generated
TYPESCRIPT := tests/clients/generated/typescript/node_modules/.installed
# Tests start many processes: without compiled modules each of them compiles the project again.
unexport PYTHONDONTWRITEBYTECODE
EVERY_CORE := -n auto --dist worksteal
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@echo 'Oprina: talk to an assistant face to face.'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ── run it ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: run demo seed smoke
run: $(INSTALLED) page-if-node ## run the whole system on this machine (PORT=8080, STORE=sqlite|firestore, DATA_DIR=.local)
	@exec $(BIN)/python -m infra.local --port $(PORT) \
		$(if $(STORE),--store '$(STORE)') $(if $(DATA_DIR),--data-dir '$(DATA_DIR)')

demo: $(INSTALLED) ## play a conversation in the terminal, against a stack of its own
	@exec $(BIN)/python -m infra.local.demo

seed: $(INSTALLED) ## give make run two people, Ada and Ben, with three weeks of use (DATA_DIR=.local)
	@$(BIN)/python -m infra.seed $(if $(DATA_DIR),--data-dir '$(DATA_DIR)')

smoke: $(INSTALLED) ## run the smoke test against make run (a deployment: python -m infra.smoke --help)
	@$(BIN)/python -m infra.smoke http://localhost:$(PORT)

# The page is built if Node is there. Without Node the API runs alone, and `/` says so.
PAGE := web/dist/index.html
MODULES := web/node_modules/installed
PAGE_FILES = $(shell find web/src web/public web/index.html web/vite.config.ts -type f)

.PHONY: page page-if-node page-check
page: $(PAGE) ## build the page into web/dist (needs Node 20.19 or later)

page-if-node:
	@if ! command -v npm >/dev/null; then echo 'Node is not installed: the API runs without the page.' >&2; \
	elif ! $(MAKE) --no-print-directory $(PAGE); then echo 'The page cannot be built: the API runs without it.' >&2; fi

page-check: $(MODULES) ## check the page: lint, types, unit tests
	@cd web && npm run --silent check

$(MODULES): web/package-lock.json
	@echo 'Installing the packages of the page into web/node_modules (once; about half a minute)...'
	@cd web && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

$(PAGE): $(MODULES) $(PAGE_FILES)
	@cd web && npm run --silent build
	@touch $@

# ── change it ────────────────────────────────────────────────────────────────────────────────────

.PHONY: check fix lint types test test-browser test-clients coverage agent agent-types agent-test reliability bench lock \
	clean
check: ## run the gate: format, lint, types, import rules, all tests
	@$(MAKE) --no-print-directory -j3 $(RECOGNISER) lint types agent
	@$(MAKE) --no-print-directory test ARGS=

fix: $(INSTALLED) ## format the code, repair lint, write the generated documents again
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python -m infra.docs
	@test ! -e $(MODULES) || (cd web && npm run --silent types)

lint: $(INSTALLED) ## check format, lint and import rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports

types: $(INSTALLED) ## check types
	$(BIN)/mypy

agent: agent-types agent-test ## check the agent's types and run its tests, with the packages that it is deployed with

agent-types: $(INSTALLED) $(AGENT)
	$(BIN)/mypy --cache-dir .mypy_cache/agent --python-executable .venv-agent/bin/python $(AGENT_FILES)

test: $(INSTALLED) ## run the tests on every core; with ARGS='tests/local -x' some of them in one process
	$(BIN)/pytest $(or $(ARGS),$(EVERY_CORE))

agent-test: $(AGENT)
	.venv-agent/bin/python -m pytest tests/agent/adk

test-browser: $(INSTALLED) $(RECOGNISER) $(BROWSER) page-check page ## run page and room in Chromium, against the local stack (PICTURES=1 writes docs/images)
	@CI=1 $(BIN)/pytest -m browser -n 2 --dist worksteal $(or $(ARGS),tests/browser)

coverage: $(INSTALLED) ## run the tests and fail if they cover fewer lines than pyproject.toml requires
	$(BIN)/pytest $(EVERY_CORE) --cov $(ARGS)

reliability: $(INSTALLED) ## run 20,000 random walks, the state machine, and 6,000 operations under faults
	WALKS=3400 RELIABILITY=long $(BIN)/pytest -n auto -q tests/reliability/test_machine.py tests/reliability/walks \
		tests/reliability/scenarios/test_usage_by_day.py

test-clients: $(INSTALLED) $(RECOGNISER) ## run third-party clients against the local stack; not in the gate (ARGS='vertex_ai pipecat_avatar')
	@for each in $(CLIENTS); do $(MAKE) --silent .venv-clients/$$each/installed \
		|| echo "$$each cannot be installed; its clients do not run." >&2; done
	@$(MAKE) --silent $(TYPESCRIPT) || echo 'The generated TypeScript client does not run.' >&2
	@$(BIN)/python -m tests.clients $(ARGS)

bench: $(INSTALLED) ## measure, beside other frameworks, in one run (ARGS='--runs 9 first_speech')
	@test "$(ARGS)" = page || $(MAKE) --no-print-directory frameworks
	@$(BIN)/python -m bench.run $(ARGS)

lock: $(INSTALLED) ## compile requirements*.txt again (ARGS=--upgrade for the newest versions)
	$(COMPILE) $(ARGS) --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) $(ARGS) --constraint requirements-dev.txt --output-file requirements.txt requirements.in
	$(COMPILE) $(ARGS) --output-file infra/agent/requirements-dev.txt infra/agent/requirements-dev.in
	$(COMPILE) $(ARGS) --constraint infra/agent/requirements-dev.txt \
		--output-file infra/agent/requirements.txt infra/agent/requirements.in
	$(COMPILE) $(ARGS) --output-file infra/local/recogniser/requirements.txt infra/local/recogniser/requirements.in
	$(COMPILE) $(ARGS) --output-file bench/requirements-frameworks.txt bench/requirements-frameworks.in
	for each in $(CLIENTS); do \
		$(COMPILE) $(ARGS) --output-file tests/clients/$$each.txt tests/clients/$$each.in; done

clean: ## remove environments, caches and packages; .local stays
	rm -rf .venv .venv-agent .venv-bench .venv-clients .venv-recogniser .*_cache .coverage* .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ── deploy it ────────────────────────────────────────────────────────────────────────────────────

.PHONY: package package-check deploy stop-spending open-again
package: $(INSTALLED) ## write one zip per function into dist/, as it is deployed
	@$(BIN)/python -m infra.deploy.package

package-check: $(INSTALLED) ## start each zip on the deployed Python, with its own requirements (RUNTIME=python3.13)
	PACKAGE_PYTHON=$(RUNTIME) $(BIN)/pytest tests/infra/test_package_starts.py

deploy: $(INSTALLED) ## deploy to Google Cloud what is new or changed (ENVIRONMENT=small PROJECT=id YES=1)
	@$(BIN)/python -m infra.deploy $(or $(ENVIRONMENT),$(error ENVIRONMENT is not set)) \
		$(or $(PROJECT),$(error PROJECT is not set)) $(if $(YES),--yes)

stop-spending: $(INSTALLED) ## refuse new requests and stop every avatar session, at once (PROJECT=id)
	@$(BIN)/python -m infra.access.stop_spending $(or $(PROJECT),$(error PROJECT is not set))

open-again: $(INSTALLED) ## accept requests again after make stop-spending (PROJECT=id)
	@$(BIN)/python -m infra.access.stop_spending --open-again $(or $(PROJECT),$(error PROJECT is not set))

# ── environments ─────────────────────────────────────────────────────────────────────────────────

# The file `installed` in an environment is older than requirements that changed: they are installed again.
define INSTALL
@$(or $(PYTHON),false) $(IS_RECENT) || { \
	echo 'Oprina needs Python 3.11 or later: make PYTHON=/path/to/python3.11' >&2; exit 1; }
@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
@echo 'Installing $< into $(@D) (once; about a minute)...'
@{ $(@D)/bin/$(PIP_INSTALL) --retries 3 '$(PIP)' && \
	$(@D)/bin/$(PIP_INSTALL) --retries 3 --require-hashes -r $<; } 2>$(@D)/pip.log || { \
	if grep -q 'after connection broken' $(@D)/pip.log; then \
		echo 'pip cannot reach a package registry. Check the network, then run make again.' >&2; \
	else cat $(@D)/pip.log >&2; fi; exit 1; }
@touch $@
endef

$(INSTALLED): requirements-dev.txt
	$(INSTALL)

$(AGENT): infra/agent/requirements-dev.txt
	$(INSTALL)

$(RECOGNISER): infra/local/recogniser/requirements.txt
	$(INSTALL)

# npm removes the folder, and so the file, before it installs.
$(BROWSER): tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo 'The tests in a browser need Node 20 or later, with npm.' >&2; exit 1; }
	@cd tests/browser && npm ci --silent --no-audit --no-fund
	@touch $@

$(TYPESCRIPT): tests/clients/generated/typescript/package-lock.json
	@command -v npm >/dev/null || { echo 'The TypeScript client needs Node 20 or later, with npm.' >&2; exit 1; }
	@cd $(dir $<) && npm ci --silent --no-audit --no-fund
	@touch $@

.venv-clients/%/installed: tests/clients/%.txt
	$(INSTALL)

# The bench runs without a framework that cannot be installed, and says so.
.PHONY: frameworks
frameworks:
	@test $(FRAMEWORKS) -nt bench/requirements-frameworks.txt || { \
		echo 'Installing the other frameworks into .venv-bench (once; some minutes, 750 MB)...'; \
		test -x .venv-bench/bin/python || .venv/bin/python -m venv .venv-bench; \
		if .venv-bench/bin/$(PIP_INSTALL) --require-hashes -r bench/requirements-frameworks.txt; then \
			touch $(FRAMEWORKS); \
		else \
			for each in $$(grep '==' bench/requirements-frameworks.in); do \
				.venv-bench/bin/$(PIP_INSTALL) "$$each" \
					|| echo "$$each cannot be installed; the bench runs without it." >&2; \
			done; \
		fi; }
