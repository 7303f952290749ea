# Works from a fresh clone with Python 3.11 and make; installs once, again where the pins change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench
.DELETE_ON_ERROR:

demo: $(VENV)/.all
	$(BIN)/visavis demo

test: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadscope

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/docs/test_links.py tests/docs/test_commands.py tests/cli/test_help.py

bench: $(VENV)/.all
	set -e; for script in benchmarks/*.py; do $(BIN)/python $$script; done

# torch comes first and alone, so that no other package brings a second build of it.
$(VENV)/.torch: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt torch
	touch $@

$(VENV)/.all $(VENV)/.dev: $(VENV)/.%: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet -c constraints.txt -e '.[$*]'
	touch $@
