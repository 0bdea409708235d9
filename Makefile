PYTHON ?= python3
BIN := .venv/bin
CONSTRAINTS := constraints.txt

.PHONY: setup demo test test-system check ui clean-venv
setup: .venv/ready

.venv/ready: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 --constraint $(CONSTRAINTS) --editable '.[dev]'
	touch .venv/ready

demo: setup
	$(BIN)/llm-assets demo

test: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not system"

test-system: setup
	$(BIN)/python -m pytest -m system

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: setup
	$(BIN)/llm-assets ui
