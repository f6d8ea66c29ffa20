# Everything a contributor runs. Each target first brings .venv up to date with pyproject.toml and constraints.txt,
# and installs only what it needs: `make demo` fetches no test tools.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check install -c constraints.txt
PINS   := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL: # two pips must not write one environment at once
.PHONY: help demo test frameworks torch models check bench pictures clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

demo: $(VENV)/.runtime ## open a sample registry in the terminal
	@$(BIN)/modelshelf demo --path demo

test: $(VENV)/.test ## run the test suite on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

frameworks: $(VENV)/.frameworks models ## install what real model files are tested with

torch: $(VENV)/.torch ## the same for PyTorch, which can be large

models: $(VENV)/pyvenv.cfg ## fetch packages that ship models, for the tests of real files
	@$(BIN)/python -m tests.real.fetch

check: $(VENV)/.test $(VENV)/.check ## lint, format, types, floors, documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet tests/contracts/test_docs.py

bench: $(VENV)/.test ## measure, on this machine
	$(BIN)/python -m benchmarks

pictures: $(VENV)/.runtime ## take the pictures of README and docs anew
	$(BIN)/python assets/pictures.py

clean: ## remove the environment and everything that tools left behind
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis snapshot_report.html
	find src tests $(wildcard benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of packages: an older stamp than the pins means "install again".

$(VENV)/.runtime: $(PINS) $(VENV)/pyvenv.cfg
	@echo "Installing Modelshelf into $(VENV) ..." >&2
	@$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(PINS) $(VENV)/pyvenv.cfg
	@echo "Installing Modelshelf and its test tools into $(VENV) ..." >&2
	@$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.frameworks: $(PINS) $(VENV)/pyvenv.cfg
	@echo "Installing Modelshelf and the frameworks into $(VENV), some 400 MB ..." >&2
	@$(PIP) --editable '.[test,frameworks]'
	@touch $@ $(VENV)/.test $(VENV)/.runtime

$(VENV)/.torch: $(PINS) $(VENV)/pyvenv.cfg
	@echo "Installing Modelshelf and PyTorch into $(VENV) ..." >&2
	@$(PIP) --editable '.[test,frameworks,torch]'
	@touch $@ $(VENV)/.frameworks $(VENV)/.test $(VENV)/.runtime

$(VENV)/.check: $(PINS) $(VENV)/pyvenv.cfg
	@echo "Installing the checkers into $(VENV) ..." >&2
	@$(PIP) --editable '.[check]'
	@touch $@ $(VENV)/.runtime

# An environment whose interpreter has gone (a Python was upgraded or removed) is made anew.
ifneq ($(shell test -x $(BIN)/python && echo whole),whole)
.PHONY: $(VENV)/pyvenv.cfg
endif

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Modelshelf needs Python 3.11 or newer, and there is no '$(PYTHON)' here." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Modelshelf needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name a newer one: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments." >&2; \
	  echo "On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) -V) ..." >&2
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
