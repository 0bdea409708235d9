PYTHON ?= python3
BIN := .venv/bin
CONSTRAINTS := constraints.txt
PARALLEL := --numprocesses 2 --dist loadfile

.PHONY: setup demo test system-packages test-system check types ui docs
setup: .venv/ready

.venv/installed: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --use-pep517 --constraint $(CONSTRAINTS) --editable '.[dev]'
	touch $@

.venv/ready: .venv/installed
	$(BIN)/python -m compileall -qq -j 0 -x /tests/ .venv/lib || true # as pip does on one core; what cannot be compiled is nobody's module
	touch $@

demo: setup
	$(BIN)/llm-assets demo

test: setup
	$(BIN)/python -m pytest $(PARALLEL) -m "not system"

# What the system tests want beside Python. Without it, those that want it are skipped and say so.
system-packages:
	@missing=""; \
	command -v chromium >/dev/null || missing="chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	if [ -z "$$missing" ]; then echo "chromium and postgresql are installed"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update --quiet && apt-get install --yes --no-install-recommends $$missing \
		|| echo "$$missing could not be installed: the tests that want it will be skipped"; \
	else echo "install what is missing, as root: apt-get install --no-install-recommends $$missing"; fi

test-system: setup
	$(BIN)/python -m pytest $(PARALLEL) -m system

# mypy keeps one core busy, and wants nothing compiled: the packages are compiled beside it.
check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory --jobs=2 types .venv/ready

types: .venv/installed
	$(BIN)/mypy

ui: setup
	$(BIN)/llm-assets ui

# The site of docs/, into site/. The network is asked for the extra's packages alone.
docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.venv/docs: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 --constraint $(CONSTRAINTS) --editable '.[docs]'
	touch .venv/docs
