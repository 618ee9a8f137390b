# Two targets for a newcomer: `make refresh` and `make test`. Each installs everything else that it needs.
# State is kept in ./var unless OVERSIGHT_HOME names another folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OVERSIGHT_HOME ?= $(CURDIR)/var
export OVERSIGHT_HOME
# Set-up parses the dbt project under the same settings as a refresh, so that the refresh need not parse again.
export OVERSIGHT_BUILD_DATABASE := $(OVERSIGHT_HOME)/build/build.duckdb
export DBT_PROFILES_DIR := $(CURDIR)/dbt_project
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup refresh test lint types unit bi docs readme bench faults audit dev lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed dbt_project/target/manifest.json ## Virtual environment, pinned packages, dbt manifest

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages (some minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

dbt_project/target/manifest.json: $(VENV)/.installed $(shell find dbt_project/models dbt_project/macros dbt_project/tests -type f 2>/dev/null) dbt_project/dbt_project.yml dbt_project/profiles.yml
	@cd dbt_project && $(CURDIR)/$(BIN)/dbt --quiet parse
	@touch $@

refresh: setup ## Write sample returns and run the nightly refresh on them
	@$(BIN)/oversight sample $(OVERSIGHT_HOME)/sample
	@$(BIN)/oversight refresh --submissions $(OVERSIGHT_HOME)/sample/SUBMISSIONS.tsv

test: setup lint types ## Run lint, type checks and every test, on two processors
	@$(BIN)/python -m pytest --numprocesses 2

lint: setup ## Ruff, sqlfluff, dbt-bouncer
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/macros dbt_project/tests
	@$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml

types: setup ## mypy
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

bench: setup ## Time and memory of a refresh, step by step
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.comparisons 1000000
	@$(BIN)/python -m benchmarks.answering

faults: setup ## Kill refreshes at every step and at 200 random moments
	@OVERSIGHT_RANDOM_KILLS=200 $(BIN)/python -m pytest tests/faults

audit: setup ## Check pinned packages for known vulnerabilities; needs the internet
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes

lock: ## Pin every package again, with hashes and without addresses
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --all-extras pyproject.toml --output-file requirements.lock

clean: ## Remove state, packages and caches
	@rm -rf $(VENV) var dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
