.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/shared services/ingest services/loyalty services/churn services/notify deploy/local
NO_MEMBERS := $(foreach member,shared ingest loyalty churn notify local,--no-emit-package mandegar-$(member))
# One server of each kind for all of them, so more would run out of its connections.
WORKERS := --numprocesses logical --maxprocesses 4
export PYTHONUNBUFFERED := 1
# What a member imports, its own pyproject.toml declares; silent where that is so.
declared = (cd $(1) && found=$$($(CURDIR)/$(BIN)/deptry src $(notdir $(wildcard $(1)/migrations)) --no-ansi \
	--package-module-name-map mandegar-shared=mandegar 2>&1) || { echo "$(1): $$found"; exit 1; })

##@ Start here
help: ## Show what each command does
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Download all that is needed, once (every other command does it if necessary)

$(VENV)/.installed: requirements.lock requirements-dev.lock requirements-data.lock pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
	@$(PYTHON) -c 'import sys; sys.exit("Mandegar needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with PYTHON=...") if sys.version_info < (3, 11) else None'
	@PYTHONPATH=deploy/local/src $(PYTHON) -m mandegar_local.set_up $(MEMBERS)
	@$(BIN)/python -m compileall -q $(MEMBERS) # a process starts in a third of the time
	@$(BIN)/python -m mandegar_local download
	@touch $@

demo: setup ## Post eighteen months of a real shop's orders and show the results (DEMO_EXIT=1: exit, 0 if all counts agree)
	@DEMO_EXIT="$(DEMO_EXIT)" $(BIN)/python -m mandegar_local.demo

##@ Development
check: setup ## Check format, lint, imports between rooms, dependencies, dead code, types, and that every test can be found
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(foreach member,$(MEMBERS),$(call declared,$(member)) &&) true
	@$(BIN)/vulture libs services deploy # what only a test calls is dead as well
	@$(BIN)/vulture libs services deploy tests
	@$(BIN)/mypy
	@found=$$($(BIN)/pytest --collect-only -qq 2>&1) || { sed -n '/= ERRORS =/,$$p' <<< "$$found"; exit 1; }

test: setup ## Run all tests, with a real PostgreSQL and a real Kafka, one worker per core
	@$(BIN)/pytest $(WORKERS) --durations 15

unit: setup ## Run the tests that need no server
	@$(BIN)/pytest $(WORKERS) tests/unit tests/contract tests/tidy

bench: setup ## Measure speed, as ratios to the pass-through limit of the same run (half an hour; ROWS=loyalty,relay SCALE=0.1)
	@ROWS="$(ROWS)" SCALE="$(SCALE)" $(BIN)/python -m tests.bench

backtest: setup ## Judge the churn score on a shop's orders (ORDERS=orders.csv INTERACTIONS=interactions.csv HORIZON=8 ZONE=UTC PAGE=backtest.html SHOPS_OF=60 DECIMAL=, ENCODING=windows-1256)
	@test -n "$(ORDERS)" || { echo "Name the order log: make backtest ORDERS=orders.csv (columns customer_id,time,amount)" >&2; exit 2; }
	@$(BIN)/python -m churn.backtest "$(ORDERS)" --horizon "$(or $(HORIZON),8)" \
		--zone "$(or $(ZONE),UTC)" --shops-of "$(or $(SHOPS_OF),0)" --encoding "$(or $(ENCODING),auto)" \
		$(if $(DECIMAL),--decimal "$(DECIMAL)") $(if $(PAGE),--page "$(PAGE)") \
		$(if $(INTERACTIONS),--interactions "$(INTERACTIONS)")

world: setup ## Write a synthetic shop, orders.csv and interactions.csv (FOLDER=shop SEED=1 CUSTOMERS=4000)
	@test -n "$(FOLDER)" || { echo "Name where to write it: make world FOLDER=shop" >&2; exit 2; }
	@$(BIN)/python -m churn.backtest.world "$(FOLDER)" --seed "$(or $(SEED),1)" --customers "$(or $(CUSTOMERS),4000)"

faults: setup ## Inject faults drawn from a seed, then check every invariant (SEED=7 MINUTES=3 RUN=F2,F4)
	@$(BIN)/python -m tests.faults

faults-short: setup ## Inject the faults that every change must pass (at most 15 minutes)
	@$(BIN)/python -m tests.faults --short

faults-long: setup ## Inject all faults that can be made on one machine
	@$(BIN)/python -m tests.faults --long

mutants: setup ## Remove one guard at a time in a copy and check that a test fails (MUTANTS="name …")
	@$(BIN)/python -m tests.mutants $(MUTANTS)

format: setup ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: setup ## Write what is generated from the code (docs/events.md, customer_tables.py of each service)
	@$(BIN)/python -m tests.generated

lock: setup ## Resolve the dependencies and write the locks
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate $(NO_MEMBERS) \
		libs/shared/pyproject.toml services/*/pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate $(NO_MEMBERS) \
		-c requirements.lock deploy/local/pyproject.toml --group pyproject.toml:dev -o requirements-dev.lock

##@ Run
up: setup ## Start the local stack in the foreground; Ctrl-C stops it (UP="--detach", MANDEGAR_PORT_BASE=9000)
	@$(BIN)/python -m mandegar_local up $(UP)

down: setup ## Stop the local stack and keep its data in .local/
	@$(BIN)/python -m mandegar_local down

reset: setup ## Stop the local stack and remove its data
	@$(BIN)/python -m mandegar_local reset

status: setup ## Show the status of every service of the local stack
	@$(BIN)/python -m mandegar_local status

.PHONY: help setup backtest world bench faults faults-short faults-long mutants demo up down reset status check test unit format generate lock
