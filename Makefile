# Needs Python 3.11 or newer; everything else comes into .venv, at the versions and with the
# hashes of requirements.lock.
.DEFAULT_GOAL := help
.PHONY: help install run test accept check bench bench-short bench-against overload chaos chaos-short \
	books books-short clients mutants format lock clean

PYTHON ?= $(shell unset PYTHONHOME; for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Into .venv, whatever the shell's variables say of other places; with a cache in the user's home,
# where that can be written.
INSTALL = env -u PYTHONHOME -u PYTHONPATH -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_CONSTRAINT \
	-u UV_TARGET -u UV_PREFIX -u UV_SYSTEM_PYTHON -u UV_CONSTRAINT -u UV_OVERRIDE PIP_USER=0 \
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(shell cache="$${UV_CACHE_DIR:-$${XDG_CACHE_HOME:-$$HOME/.cache}/uv}"; \
	mkdir -p "$$cache" 2>/dev/null && made=$$(mktemp -d "$$cache/XXXXXX" 2>/dev/null) && rmdir "$$made" \
	|| echo 'UV_CACHE_DIR=$(VENV)/cache PIP_NO_CACHE_DIR=1')
PAYMENTS ?= 2000
SEED ?= 1
MUTANTS ?= 300
SEEDS ?= 1 2 3
ROUNDS ?= 5
WORKERS ?= 2
CLIENTS := tests/integration/clients
# A worker that has none left takes over tests of another: files take from seconds to minutes.
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist worksteal
# Platforms wait for most of their time; tests that share one stay together, long ones come first.
PLATFORMS := --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## /make \1\t/p' $(MAKEFILE_LIST)

install: $(VENV)/installed  ## fill .venv with what running needs

run: install  ## start everything, play some payments and stay up until Ctrl-C
	@$(BIN)/headrace up --play $(PAYMENTS)

test: $(VENV)/installed-dev $(VENV)/installed-clients  ## run the unit and integration tests, two at a time (WORKERS=2)
	@$(BIN)/pytest $(SIDE_BY_SIDE) --durations 10 --budget-s 360 --area-budget-s 60 tests/unit tests/integration tests/regressions

accept: $(VENV)/installed-dev  ## run whole platforms: their start and end, kills, mutants, the wheel (WORKERS=2)
	@$(BIN)/pytest $(PLATFORMS) --durations 20 --budget-s 600 tests/acceptance

check: $(VENV)/installed-dev  ## lint, format, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy --package headrace
	@$(BIN)/lint-imports

bench: $(VENV)/installed-bench  ## measure Headrace beside a conventional service, in ten minutes
	@$(BIN)/python -m headrace.loadtests.bench

bench-short: $(VENV)/installed-bench  ## the same in three minutes
	@$(BIN)/python -m headrace.loadtests.bench --short

bench-against: $(VENV)/installed  ## compare HEAD with an older revision, in twelve minutes (REV=..., ROUNDS=5)
	@test -n "$(REV)" || { echo "REV=... names the revision to compare with"; exit 1; }
	@$(BIN)/python -m headrace.loadtests.bench.against "$(REV)" --rounds $(ROUNDS)

overload: $(VENV)/installed  ## offer a platform three times what it can take, then crowd it, in some nine minutes
	@$(BIN)/python -m headrace.loadtests.overload

chaos: $(VENV)/installed  ## break a platform a hundred times in a quarter of an hour and judge its books (SEED=1)
	@$(BIN)/python -m headrace.loadtests.chaos --seed $(SEED)

chaos-short: $(VENV)/installed  ## the same with each fault once or twice, in under four minutes
	@$(BIN)/python -m headrace.loadtests.chaos --seed $(SEED) --short

books: $(VENV)/installed  ## a client with its own books foretells every answer, in ten minutes (SEEDS="1 2 3")
	@$(BIN)/python -m headrace.loadtests.books --seeds "$(SEEDS)"

books-short: $(VENV)/installed  ## the same with one seed, in two and a half minutes
	@$(BIN)/python -m headrace.loadtests.books --seeds "$(SEED)" --short

clients: $(VENV)/installed-dev $(VENV)/installed-clients  ## generate, compile and run clients in five languages (a JDK, Maven and Go)
	@TESTS_ALL_CLIENTS=1 $(BIN)/pytest --durations 10 tests/integration/clients

mutants: $(VENV)/installed-dev  ## change the core in 300 small ways and see whether the tests notice (SEED=1 MUTANTS=300)
	@$(BIN)/python -m headrace.loadtests.mutants --seed $(SEED) --mutants $(MUTANTS)

format: $(VENV)/installed-dev  ## put files in the common form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: $(VENV)/uv  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --no-emit-index-url --extra dev --extra train --extra bench \
		--output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --no-emit-index-url \
		--output-file $(CLIENTS)/requirements.lock $(CLIENTS)/requirements.in

clean:  ## remove .venv and caches; data directories stay
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (PYTHON=... names one)"; exit 1; }
	@$(INSTALL) $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
		$(INSTALL) $(PYTHON) -m venv --without-pip $(VENV) && \
		$(INSTALL) $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || { rm -rf $(VENV); \
		echo "$(PYTHON) can make no virtual environment: on Debian, apt install python3-venv"; exit 1; }

$(VENV)/uv: $(VENV)/bin/python
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	@$(INSTALL) $(BIN)/python -m pip install --quiet --require-hashes --requirement $(VENV)/uv.txt
	@touch $@

$(VENV)/installed: $(VENV)/uv pyproject.toml requirements.lock
	@$(INSTALL) $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --verify-hashes \
		--constraints requirements.lock --build-constraints requirements.lock --editable .
	@$(INSTALL) $(BIN)/python -m compileall -q runtime actors serve cluster loadtests
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@$(INSTALL) $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --verify-hashes \
		--constraints requirements.lock --build-constraints requirements.lock --editable '.[dev,train,bench]'
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	@$(INSTALL) $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --verify-hashes \
		--constraints requirements.lock --build-constraints requirements.lock --editable '.[bench]'
	@touch $@

# Generators of clients, apart from what Headrace runs with: Python's, and Java and Node.js for others.
$(VENV)/installed-clients: $(VENV)/uv $(CLIENTS)/requirements.lock $(CLIENTS)/package-lock.json
	@rm -rf $(VENV)/clients && $(BIN)/uv venv --quiet --python $(BIN)/python $(VENV)/clients
	@$(BIN)/uv pip install --quiet --python $(VENV)/clients/bin/python \
		--require-hashes --requirement $(CLIENTS)/requirements.lock
	@mkdir $(VENV)/clients/node && cp $(CLIENTS)/package.json $(CLIENTS)/package-lock.json $(VENV)/clients/node
	@PATH="$(CURDIR)/$(VENV)/clients/bin:$$PATH" npm ci --prefix $(VENV)/clients/node \
		--ignore-scripts --no-audit --no-fund --silent
	@touch $@
