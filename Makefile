# Everything sets itself up in .venv; git, make and Python 3.11 or newer with pip are all that must be there.
#   make demo        install, and review the examples
#   make test        install, and run everything that CI runs
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PACKAGES := packages/rearguard packages/strongback
SOURCES := packages/rearguard/src packages/strongback/src
# Tests start servers, and two processes keep two cores busy while they wait.
WORKERS ?= 2

.PHONY: help demo test lint format types layers pytest browser scanners reference wheel lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.run
	@$(BIN)/python examples/review_all.py

test: lint types layers pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.dev
	$(BIN)/mypy $(SOURCES)

layers: $(VENV)/.dev
	$(BIN)/lint-imports

# In the order of the folders: by size of their files, the one long review of ourselves would come last, beside a worker with nothing to do.
pytest: $(VENV)/.dev $(VENV)-scanners/.done
	REARGUARD_SCANNERS=$(CURDIR)/$(VENV)-scanners $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

# What a real browser makes of the controls and of the report. Needs a Chromium (CHROMIUM=path), which no package of Python
# brings: therefore no part of `make test`, and a failure where there is none.
browser: $(VENV)/.dev
	$(BIN)/pytest packages/strongback/browser packages/rearguard/browser

# Other scanners, which the tests of what reads them run, in an environment of their own.
scanners: $(VENV)-scanners/.done

$(VENV)-scanners/.done: requirements-scanners.lock
	@echo "Installing other scanners into $(VENV)-scanners (once)"
	@$(PYTHON) -m venv $(VENV)-scanners 2>/dev/null || { \
	  rm -rf $(VENV)-scanners && $(PYTHON) -m venv --without-pip $(VENV)-scanners && \
	  $(PYTHON) -m pip --quiet --python $(VENV)-scanners/bin/python install pip; }
	@$(VENV)-scanners/bin/python -m pip -qq --disable-pip-version-check install --require-hashes -r requirements-scanners.lock
	@touch $@

# docs/reference/ and the screen in README.md come from the code; a test says when they are out of date.
reference: $(VENV)/.dev
	$(BIN)/python docs/refresh.py

wheel: $(VENV)/.dev
	rm -rf dist
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist $(addprefix ./,$(PACKAGES))

# An environment of its own, so that the tool that writes the locks is no part of them. A machine's own pip
# settings stay outside: the locks hold names, versions and hashes, and no place to get them from.
COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(VENV)-lock/bin/pip-compile --quiet \
  --upgrade --generate-hashes --strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host

lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --quiet install --upgrade pip pip-tools
	$(COMPILE) --all-extras -o requirements-dev.lock requirements-dev.in $(addsuffix /pyproject.toml,$(PACKAGES))
	$(COMPILE) -o requirements.lock requirements.in packages/rearguard/pyproject.toml
	$(COMPILE) --allow-unsafe -o requirements-scanners.lock requirements-scanners.in

# What rearguard runs on: quick to install, enough for the demo.
$(VENV)/.run: requirements.lock packages/rearguard/pyproject.toml | $(VENV)/bin/python
	@echo "Installing Rearguard into $(VENV) (once)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e packages/rearguard
	@touch $@

# What both packages and all tests need.
$(VENV)/.dev: requirements-dev.lock $(addsuffix /pyproject.toml,$(PACKAGES)) | $(VENV)/bin/python
	@echo "Installing both packages and their test tools into $(VENV) (once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@$(PIP) check
	@touch $@ $(VENV)/.run

# Some systems ship Python without ensurepip: there, the system's pip puts one into the environment.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.13 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --quiet --python $(VENV)/bin/python install pip; }

clean:
	rm -rf $(VENV) $(VENV)-lock $(VENV)-scanners build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
