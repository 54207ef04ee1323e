.DEFAULT_GOAL := help
.PHONY: help install serve test lint format check clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.tests-installed

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(RUNTIME) ## Install the service into .venv, at the locked versions

serve: $(RUNTIME) ## Serve on 127.0.0.1:9876 with demo data (HOST and PORT are heeded)
	@$(BIN)/meshgraph serve --demo

test: $(TESTING) ## Run the tests
	$(BIN)/python -m pytest --numprocesses auto

lint: $(TESTING) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(TESTING) ## Put the code into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

check: lint test ## Lint and test

clean: ## Remove .venv and what tools leave behind; data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

# The stamps are older than what they depend on only when that has changed.
$(RUNTIME): requirements.lock requirements-helm.lock requirements-docs.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --requirement requirements-helm.lock
	$(BIN)/pip install --quiet --no-deps --requirement requirements-docs.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTING): requirements-test.lock $(RUNTIME)
	$(BIN)/pip install --quiet --requirement requirements-test.lock
	@touch $@
