# Each target sets itself up: the first one creates .venv and installs the locked environment.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
READY := .venv/ready
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help serve build test lint audit mutation mutation-pages bench bench-bricks search-table lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(READY) ## build the site and serve it on 127.0.0.1:8000 with live reload (PORT=8001 for another port)
	@$(BIN)/mkdocs serve --dev-addr 127.0.0.1:$(PORT)

build: $(READY) ## write the site to site/
	@$(BIN)/mkdocs build --strict

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest

lint: $(READY) ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

audit: $(READY) ## measure every page of site/ in a browser: Lighthouse, axe, HTML, weight (AUDIT="--pages claims/" for some)
	@$(BIN)/python benchmarks/audit.py $(AUDIT)

mutation: $(READY) ## break the library in small ways and count what the tests notice (MUTATION="--sample 300" for some)
	@$(BIN)/python benchmarks/mutation.py $(MUTATION)

mutation-pages: $(READY) ## break the code that pages show, and count the same
	@$(BIN)/python tests/mutation_pages.py $(MUTATION)

bench: $(READY) ## time the build against its floor and against plain Python
	@$(BIN)/python benchmarks/build.py

bench-bricks: $(READY) ## time the activations, and rewrite the tables of their pages
	@$(BIN)/python benchmarks/bricks.py

search-table: $(READY) ## train the activations of the search table; what lego/search_table.csv has is not run again
	@$(BIN)/python benchmarks/search_table.py

lock: $(READY) ## write the versions that are installed now to requirements.lock
	@$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

clean: ## remove the site, the caches and the environment
	@rm -rf .venv .cache site

$(READY): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Python was not found: install Python 3.11 or newer, or name yours with make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is older: name a newer one with make PYTHON=python3.12." >&2; exit 1; }
	@echo "Setting up .venv (once; a few minutes)"
	@$(PYTHON) -m venv .venv || { \
	  echo "The environment could not be created: on Debian and Ubuntu, apt install python3-venv." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[docs,test]' || { \
	  echo "The packages could not be installed: the first run needs a network connection; then run make again." >&2; exit 1; }
	@touch $@
