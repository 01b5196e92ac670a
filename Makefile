# `make run` and `make test` need Python 3.11 or newer, git and make; the rest they install into .venv.
# With Node they also build the page and check it; without, they say so and do the rest.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra cluster --extra geo --extra pandas --extra sensitivity
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
CODE := src tests tools bench hatch_build.py
# A file at a time, in the order of tests/conftest.py.
SHARED_OUT := -n auto --dist loadfile --no-loadscope-reorder --max-worker-restart=0

.DEFAULT_GOAL := help
.PHONY: help run environment page test lint format types page-tests docs tests coverage browser bench lock licences audit readme clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: .venv/.installed ## install Sogdia, run the built-in study for 2024 and print the summary
	$(BIN)/sogdia run eurasia --year 2024

environment: .venv/.developed ## install Sogdia and the developers' tools into .venv

page: .venv/.created ## build the page, if Node is there and its sources are newer
	@$(BIN)/python tools/build_page.py

test: lint ## everything that must pass before a change is merged
	@$(MAKE) --no-print-directory --jobs=2 types page-tests docs
	@$(MAKE) --no-print-directory tests

lint: .venv/.developed ## style of the code, and what layers may import
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/lint-imports --no-cache --no-logo

types: .venv/.developed ## types of the code
	$(BIN)/mypy

page-tests: .venv/.created ## style, types and tests of the page, if Node is there
	@$(BIN)/python tools/build_page.py check

docs: .venv/.developed ## build the documentation into build/docs; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

tests: .venv/.developed browser ## the tests
	$(BIN)/pytest $(SHARED_OUT)

coverage: .venv/.developed browser ## the tests, with the lines that none of them reaches; half as long again
	$(BIN)/pytest $(SHARED_OUT) --cov --cov-report=term

browser: ## install Chromium for the tests that need it, where that is allowed
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium; } || \
		echo "Tests in a browser will NOT be run: there is no chromium; on Debian, install it as \
	root with: apt-get install chromium" >&2

format: .venv/.developed ## put the code into the house style
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: .venv/.benched ## measure time and memory of a run, the search for ways, the event simulation
	$(BIN)/python bench/run.py --clone
	$(BIN)/python -m bench.routing
	$(BIN)/python -m bench.simulation

lock: .venv/.developed ## pin all dependencies with their hashes, in locks/
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) $(EXTRAS) --output-file locks/runtime.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) $(EXTRAS) --extra dev --output-file locks/developers.txt

licences: ## list the licences of the dependencies in docs/licences.md, from an environment of the lock file
	$(PYTHON) -m venv build/licences
	build/licences/bin/python -m pip install --quiet --require-hashes -r locks/runtime.txt
	build/licences/bin/python tools/list_licences.py

audit: .venv/.developed ## ask the public advisories about every pinned dependency; needs the network
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement locks/developers.txt

readme: .venv/.developed browser ## run the study anew, write README.md and docs/ from it and draw its map
	rm -rf runs/readme-2024 runs/readme-2025
	$(BIN)/sogdia run eurasia --year 2024 --out runs/readme-2024
	$(BIN)/sogdia run eurasia --year 2025 --out runs/readme-2025
	$(BIN)/sogdia supply eurasia -c crude-oil --scenario cpc-60-days --baseline baseline-2024 --quiet --json > runs/readme-stop.json
	$(BIN)/sogdia supply eurasia -c crude-oil --scenario cpc-60-days --baseline baseline-2024 --no-spare --quiet --json > runs/readme-stop-no-spare.json
	$(BIN)/sogdia stress eurasia --quiet --json > runs/readme-stress.json
	$(BIN)/sogdia invest eurasia --budget 2e9 --year 2030 --quiet --json > runs/readme-invest.json
	$(BIN)/python tools/update_readme.py runs/readme-2024 runs/readme-2025 \
		--stop runs/readme-stop.json runs/readme-stop-no-spare.json \
		--stress runs/readme-stress.json --invest runs/readme-invest.json
	$(BIN)/python tools/update_docs.py --output --runs runs/readme-2024 runs/readme-2025
	$(BIN)/python tools/draw_map.py runs/readme-2024 docs/img/flows.svg
	$(BIN)/python tools/draw_page.py runs/readme-2024/report.html docs/img/page.png

clean: ## remove everything that can be made again
	rm -rf frontend/node_modules frontend/.cache frontend/public/world.json src/sogdia/report/page
	rm -rf .venv build dist runs .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Sogdia needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is not there; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.installed: .venv/.created pyproject.toml hatch_build.py | page
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.developed: .venv/.created pyproject.toml hatch_build.py | page
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[dev]'
	@touch $@ .venv/.installed

.venv/.benched: .venv/.developed
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	@touch $@
