# `make run` and `make test` need Python 3.11 or newer, git and make; the rest they install into .venv.
PYTHON ?= python3
BIN := .venv/bin
CODE := src tests tools bench

.DEFAULT_GOAL := help
.PHONY: help run environment test lint format types tests bench readme clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

run: .venv/.installed ## install Sogdia, run the built-in study for 2024 and print the summary
	$(BIN)/sogdia run eurasia --year 2024

environment: .venv/.developed ## install Sogdia and the developers' tools into .venv

test: lint types tests ## everything that must pass before a change is merged

lint: .venv/.developed ## style of the code
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: .venv/.developed ## types of the code
	$(BIN)/mypy

tests: .venv/.developed ## the tests, with their coverage
	$(BIN)/pytest --cov --cov-report=term

format: .venv/.developed ## put the code into the house style
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: .venv/.benched ## measure time and memory of a run, the search for ways, the event simulation
	$(BIN)/python bench/run.py --clone
	$(BIN)/python -m bench.routing
	$(BIN)/python -m bench.simulation

readme: .venv/.installed ## run the study anew, write its validation into README.md and draw its map
	rm -rf runs/readme-2024 runs/readme-2025
	$(BIN)/sogdia run eurasia --year 2024 --out runs/readme-2024
	$(BIN)/sogdia run eurasia --year 2025 --out runs/readme-2025
	$(BIN)/python tools/update_readme.py runs/readme-2024 runs/readme-2025
	$(BIN)/python tools/draw_map.py runs/readme-2024 docs/img/flows.svg

clean: ## remove everything that can be made again
	rm -rf .venv build dist runs .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Sogdia needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is not there; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.installed: .venv/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.developed: .venv/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ .venv/.installed

.venv/.benched: .venv/.developed
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	@touch $@
