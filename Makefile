.DEFAULT_GOAL := help
.PHONY: help install serve explorer test gates lint format check clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of the tests: many wait for processes of their own, so that there is work for more than the cores.
WORKERS ?= $(shell expr $$(nproc) + 1)
RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.tests-installed
EXPLORER := app/explorer
BUILT := $(EXPLORER)/built/index.html
PARTS := $(wildcard $(addprefix $(EXPLORER)/,index.html package.json package-lock.json *.ts)) \
	$(shell find $(EXPLORER)/src -type f)
NODE_FITS := const [major, minor] = process.versions.node.split('.').map(Number); \
	process.exit(major == 20 ? minor < 19 : major == 22 ? minor < 12 : major < 22)
# What was installed into .venv comes first: there is a Node only where the machine's is too old.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(RUNTIME) ## Install the service into .venv, at the locked versions

serve: $(RUNTIME) ## Serve on 127.0.0.1:9876 with demo data (HOST and PORT are heeded)
	@$(MAKE) --no-print-directory explorer || \
		echo "The explorer could not be built; all else is served. make explorer tries again."
	@$(BIN)/meshgraph serve --demo

explorer: $(BUILT) ## Build the explorer that browsers are shown at /graphql
	@:

test: $(TESTING) ## Run the tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS)

gates: $(TESTING) ## Measure what it survives: real processes, faults and attacks
	@$(BIN)/python -W ignore -m tests.reliability

lint: $(TESTING) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(TESTING) ## Put the code into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

check: lint test ## Lint and test

clean: ## Remove .venv and what tools leave behind; data stays
	rm -rf $(EXPLORER)/built $(EXPLORER)/node_modules
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

# Vite 8 needs Node 20.19, or 22.12 and newer. The wheel has both Node and npm.
$(BUILT): $(PARTS) | $(RUNTIME)
	@$(WITH_NODE) node -e "$(NODE_FITS)" 2>/dev/null && $(WITH_NODE) npm --version >/dev/null 2>&1 || \
		$(BIN)/pip install --quiet --requirement requirements-node.lock
	@$(WITH_NODE) npm ci --prefix $(EXPLORER) --no-audit --no-fund --loglevel=error --fetch-retries=1
	@$(WITH_NODE) npm run build --prefix $(EXPLORER) --silent -- --logLevel=warn
