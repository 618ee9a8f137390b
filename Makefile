# Two targets for a newcomer: `make refresh` and `make test`. Each installs everything else that it needs.
# State is kept in ./var unless OVERSIGHT_HOME names another folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := requirements.lock
DEV := setup/requirements-dev.lock
INSTALL := $(BIN)/python setup/install.py
OVERSIGHT_HOME ?= $(CURDIR)/var
export OVERSIGHT_HOME
# Set-up parses the dbt project under the same settings as a refresh, so that the refresh need not parse again.
export OVERSIGHT_BUILD_DATABASE := $(OVERSIGHT_HOME)/build/build.duckdb
export DBT_PROFILES_DIR := $(CURDIR)/dbt_project
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup tools refresh test coverage slow lint types bi docs readme bench audit dev lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed dbt_project/target/manifest.json ## Virtual environment, pinned packages, dbt manifest

tools: setup $(VENV)/.tools ## What tests, lint and types need besides

$(VENV)/.installed: $(CORE) setup/requirements-uv.lock setup/install.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages (about a minute the first time) ..."
	@$(INSTALL) --with-project $(CORE)
	@touch $@

$(VENV)/.tools: $(VENV)/.installed $(DEV)
	@echo "Installing the tools for tests, lint and types ..."
	@$(INSTALL) $(CORE) $(DEV)
	@touch $@

dbt_project/target/manifest.json: $(VENV)/.installed $(shell find dbt_project/models dbt_project/macros dbt_project/tests -type f 2>/dev/null) dbt_project/dbt_project.yml dbt_project/profiles.yml
	@cd dbt_project && $(CURDIR)/$(BIN)/dbt --quiet parse
	@touch $@

refresh: setup ## Write sample returns and run the nightly refresh on them
	@$(BIN)/oversight sample $(OVERSIGHT_HOME)/sample
	@$(BIN)/oversight refresh --submissions $(OVERSIGHT_HOME)/sample/SUBMISSIONS.tsv

test: tools ## Run lint, type checks and every test, on two processors
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint types
	@$(BIN)/python -m pytest --numprocesses 2

coverage: tools ## Every test, with the branches that they take
	@OVERSIGHT_COVERAGE=$(CURDIR)/pyproject.toml $(BIN)/python -m pytest --numprocesses 2 --cov --cov-report=term

lint: tools ## Ruff, the order of imports, sqlfluff, dbt-bouncer
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/macros dbt_project/tests
	@$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml

types: tools ## mypy
	@$(BIN)/mypy

bi: setup ## Write bi/superset from the semantic layer and the dashboards
	@$(BIN)/python -m orchestration.bi

docs: setup ## Write the generated pages of docs/ and the schemas of contracts
	@$(BIN)/python -m orchestration.reference

readme: refresh ## Redraw what the README shows of the sample
	@$(BIN)/python -m orchestration.reference --readme

dev: setup ## Dagster's pages on this machine
	@mkdir -p $(OVERSIGHT_HOME)/dagster && cp dagster.yaml $(OVERSIGHT_HOME)/dagster/
	@DAGSTER_HOME=$(OVERSIGHT_HOME)/dagster $(BIN)/dagster dev -w workspace.yaml

bench: tools ## Time and memory of a refresh, step by step
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.comparisons 1000000
	@$(BIN)/python -m benchmarks.answering

slow: tools ## Run in full what `make test` runs in a short form: nights, kills, readers, clients
	@OVERSIGHT_TESTS=full $(BIN)/python -m pytest --numprocesses 2 tests/faults tests/serving tests/end_to_end/test_as_at.py tests/real_returns/test_returns_arrive.py

audit: setup ## Check pinned packages for known vulnerabilities; needs the internet
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)/audit/bin/pip-audit --requirement $(CORE) --requirement $(DEV) --disable-pip --require-hashes

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras
lock: setup ## Pin packages with hashes and without addresses; upgrade those named in UPGRADE="duckdb dagster"
	@$(COMPILE) $(addprefix --upgrade-package=,$(UPGRADE)) --extra setup pyproject.toml --output-file $(CORE)
	@$(COMPILE) $(addprefix --upgrade-package=,$(UPGRADE)) --extra dev --constraint $(CORE) $$(sed -nE 's/^([A-Za-z0-9._-]+).*==.*/--no-emit-package=\1/p' $(CORE)) pyproject.toml --output-file $(DEV)
	@sed -i.old '/^# The following packages were excluded/,$$d' $(DEV) && rm $(DEV).old
	@echo uv | $(COMPILE) $(addprefix --upgrade-package=,$(UPGRADE)) --no-annotate - --output-file setup/requirements-uv.lock

clean: ## Remove state, packages and caches
	@rm -rf $(VENV) var dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
