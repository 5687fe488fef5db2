# Every everyday command of Hilo. `make` alone lists them.
#
# Needs Python 3.11 or newer, git and make; everything else is installed into .venv
# from the lock files. Works with the make that macOS ships (3.81).

PYTHON ?= python3
ARGS ?=
UPGRADE ?=

# How all tests share the processors; a worker has a PostgreSQL, a Redis and a browser of its own.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadgroup

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE = uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	--custom-compile-command "make lock" $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help install run password test check format lock bench faults audit clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp ## Start Hilo, with nothing else installed
	@$(BIN)/hilo run $(ARGS)

password: $(VENV)/run.stamp ## Make a new password for the first administrator
	@$(BIN)/hilo password $(or $(EMAIL),admin@example.com)

test: $(VENV)/dev.stamp ## Run all tests (ARGS="tests/flows -k cart" for some)
	@$(BIN)/python tools/browser.py
	@$(BIN)/python -m pytest $(or $(ARGS),$(SIDE_BY_SIDE))

check: $(VENV)/dev.stamp ## Format, lint, types and structure: the minute before a commit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_structure.py

format: $(VENV)/dev.stamp ## Put the code in its format and sort the imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## Measure (ARGS="turn" for one of them)
	@$(BIN)/python -m bench $(ARGS)

faults: $(VENV)/dev.stamp ## Kill and starve everything, at full size: hours (ARGS="F2 --scale 0.2" for less)
	@$(BIN)/python -m tests.faults $(ARGS)

audit: $(VENV)/dev.stamp ## Known weaknesses in packages and code, secrets in git (fetches its own tools)
	@$(BIN)/python tools/audit.py $(ARGS)

lock: $(VENV)/dev.stamp ## Rewrite the lock files from pyproject.toml (UPGRADE=--upgrade for new versions)
	PATH="$(BIN):$$PATH" $(COMPILE) pyproject.toml --output-file requirements.lock
	PATH="$(BIN):$$PATH" $(COMPILE) pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock

install: $(VENV)/dev.stamp ## Only install, for development

clean: ## Remove what was installed or cached (never var/, where the data is)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv, where there is one, is only faster: pip does the same from the same file and the same hashes.
# It may also know less about the network here than pip does, so pip has the last word.
define install_from
@echo "Installing $(1) into $(VENV), which takes a moment the first time"
@if PATH="$(BIN):$$PATH" command -v uv >/dev/null 2>&1; then \
	PATH="$(BIN):$$PATH" uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && exit 0; \
	echo "uv could not install it, so pip tries"; \
fi; $(PIP) install --require-hashes -r $(1)
@$(PIP) install --no-deps --no-build-isolation -e .
endef

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(call install_from,requirements.lock)
	@touch $@

# The development lock holds all of the other one, so both are fresh after it.
$(VENV)/dev.stamp: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	$(call install_from,requirements-dev.lock)
	@touch $(VENV)/run.stamp $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Hilo needs Python 3.11 or newer, and '$(PYTHON)' is `$(PYTHON) --version 2>&1 || true`."; \
		echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments: its venv module is missing."; \
		echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
