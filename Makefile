.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/shared services/ingest services/loyalty services/churn services/notify deploy/local
NO_MEMBERS := $(foreach member,shared ingest loyalty churn notify local,--no-emit-package mandegar-$(member))
# One server of each kind for all of them, so more would run out of its connections.
WORKERS := --numprocesses logical --maxprocesses 4 --dist loadgroup
export PYTHONUNBUFFERED := 1
# What a member imports, its own pyproject.toml declares; silent where that is so.
declared = (cd $(1) && found=$$($(CURDIR)/$(BIN)/deptry src $(notdir $(wildcard $(1)/migrations)) --no-ansi \
	--package-module-name-map mandegar-shared=mandegar 2>&1) || { echo "$(1): $$found"; exit 1; })

##@ Start here
help: ## What each command does
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Build .venv from the locks (every other command does it when needed)

$(VENV)/.installed: requirements.lock requirements-dev.lock requirements-data.lock pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
	@echo "[1/3] virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("Mandegar needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with PYTHON=...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Could not make a virtual environment: install your system's python3-venv package, then run make again."; exit 1; }
	@awk '/^uv==/ {p = 1} p {print} p && !/\\$$/ {exit}' requirements-dev.lock > $(VENV)/uv.requirements
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.requirements
	@echo "[2/3] dependencies, with their hashes checked"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock -r requirements-dev.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --no-deps -r requirements-data.lock
	@echo "[3/3] the members of this workspace"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@$(BIN)/python -m compileall -q $(MEMBERS) # a process starts in a third of the time
	@touch $@

demo: setup ## Eighteen months of a real shop through everything (DEMO_EXIT=1: ends, exit 0 if every count agrees)
	@DEMO_EXIT="$(DEMO_EXIT)" $(BIN)/python -m mandegar_local.demo

##@ Working on it
check: setup ## Format, lint, which room imports which, declared dependencies, dead code, and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(foreach member,$(MEMBERS),$(call declared,$(member)) &&) true
	@$(BIN)/vulture libs services deploy # what only a test calls is dead as well
	@$(BIN)/vulture libs services deploy tests
	@$(BIN)/mypy

test: setup ## All tests, on a real PostgreSQL and a real Kafka, a worker on each core
	@$(BIN)/pytest $(WORKERS) --durations 15

unit: setup ## The tests that need no server
	@$(BIN)/pytest $(WORKERS) tests/unit tests/contract tests/tidy

bench: setup ## Speed, as ratios to the pass-through limit of the same run (half an hour; ROWS=loyalty,relay SCALE=0.1)
	@ROWS="$(ROWS)" SCALE="$(SCALE)" $(BIN)/python -m tests.bench

faults: setup ## Break it in ways drawn from a seed, then check every promise (SEED=7 MINUTES=3 RUN=F2,F4)
	@$(BIN)/python -m tests.faults

faults-short: setup ## The faults that decide whether a change lands (at most a quarter of an hour)
	@$(BIN)/python -m tests.faults --short

faults-long: setup ## Every fault that one machine can make
	@$(BIN)/python -m tests.faults --long

mutants: setup ## Proof that the tests can fail: one guard at a time is taken out of a copy (MUTANTS="name …")
	@$(BIN)/python -m tests.mutants $(MUTANTS)

format: setup ## Put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## Resolve the dependencies anew and write the locks
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate $(NO_MEMBERS) \
		libs/shared/pyproject.toml services/*/pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate $(NO_MEMBERS) \
		-c requirements.lock deploy/local/pyproject.toml --group pyproject.toml:dev -o requirements-dev.lock

##@ Run
up: setup ## Start the local stack and stay in front; Ctrl-C stops it (UP="--detach", MANDEGAR_PORT_BASE=9000)
	@$(BIN)/python -m mandegar_local up $(UP)

down: setup ## Stop the local stack; its data stays in .local/
	@$(BIN)/python -m mandegar_local down

reset: setup ## Stop the local stack and remove its data
	@$(BIN)/python -m mandegar_local reset

status: setup ## One look at every service of the local stack
	@$(BIN)/python -m mandegar_local status

.PHONY: help setup bench faults faults-short faults-long mutants demo up down reset status check test unit format lock
