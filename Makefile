# Each target sets itself up: the first one creates .venv and installs the locked environment.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
READY := .venv/ready
TOOLS := .cache/tools
TOOLED := $(TOOLS)/ready
PROVE := $(BIN)/python -m benchmarks.proof
PROOF := .venv/proof
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help serve build test slow fuzz kills lint audit mutation mutation-pages bench bench-bricks bench-diagnose race pairs scale compress advisories licenses search-table proof lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(READY) ## build the site and serve it on 127.0.0.1:8000 with live reload (PORT=8001 for another port)
	@$(BIN)/mkdocs serve --dev-addr 127.0.0.1:$(PORT)

build: $(READY) ## write the site to site/
	@$(BIN)/mkdocs build --strict

test: $(READY) ## run all tests but those of make slow
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

fuzz: $(READY) ## draw far more in the fuzz tests, anew each time (EXAMPLES=10000 for each cheap one)
	@LEGO_FUZZ_EXAMPLES=$(or $(EXAMPLES),1000) $(PROVE) fuzz $(BIN)/python -m pytest tests/test_fuzz.py tests/test_fuzz_engine.py --timeout 0 --numprocesses auto --maxprocesses 4

kills: $(READY) ## end builds at random moments and see that the next one equals a clean one (KILLS=100 for as many)
	@LEGO_KILLS=$(or $(KILLS),20) $(PROVE) kills $(BIN)/python -m pytest tests/builds -k random_moments --timeout 0

slow: $(READY) ## run the tests that take long: every page as notebook and script, every block once more, a cluster
	@LEGO_SLOW=1 $(PROVE) slow $(BIN)/python -m pytest -m slow --timeout 0 --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(READY) ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

audit: $(READY) ## measure every page of site/ in a browser: Lighthouse, axe, HTML, weight (AUDIT="--pages claims/" for some)
	@$(BIN)/python -m benchmarks.audit $(AUDIT)

mutation: $(PROOF) ## break the library and the hooks in small ways and count what the tests notice (MUTATION="--sample 300" for some)
	@$(BIN)/python -m pytest --quiet tests/test_mutation.py
	@$(BIN)/python -m benchmarks.mutation $(MUTATION)

mutation-pages: $(PROOF) ## break the code that pages show, and count the same
	@$(BIN)/python -m tests.mutation_pages $(MUTATION)

proof: $(PROOF) build ## all that takes hours: the audit, the race, scale, slow tests, fuzz, kills, mutants; results go to benchmarks/results/
	@$(MAKE) audit
	@$(MAKE) race && $(MAKE) race RACE="--snippets 100 --seconds 0.05"
	@$(MAKE) race RACE="--snippets 1000 --seconds 0.05 --rounds 1 --only lego markdown-exec"
	@$(MAKE) race RACE="--own --rounds 1"
	@$(MAKE) pairs
	@$(MAKE) scale bench-bricks bench-diagnose
	@$(MAKE) slow
	@$(MAKE) fuzz EXAMPLES=1000
	@$(MAKE) kills
	@$(MAKE) mutation mutation-pages
	@$(MAKE) advisories

bench: $(READY) ## time the build against its floor and against plain Python
	@$(BIN)/python -m benchmarks.build

bench-bricks: $(READY) ## time the activations, and rewrite the tables of their pages
	@$(BIN)/python -m benchmarks.bricks

bench-diagnose: $(READY) ## time diagnose against a plain training step
	@$(BIN)/python -m benchmarks.diagnose

race: $(READY) ## build the same snippets with this project and with its peers (RACE="--snippets 100 --rounds 1")
	@$(BIN)/python -m benchmarks.race $(RACE)

pairs: $(READY) ## cold builds of this project and of the cheapest peer in turn (PAIRS="--pairs 2")
	@$(BIN)/python -m benchmarks.pairs $(PAIRS)

scale: $(READY) ## count what the site costs to host, and build it ten times over
	@$(BIN)/python -m benchmarks.scale

compress: $(READY) ## write .gz and .br beside each text of site/, for hosts that send such files
	@$(BIN)/python -m hooks.compress site

advisories: $(READY) $(TOOLED) ## ask the public advisory database about every locked package; needs a network
	@$(PROVE) advisories $(TOOLS)/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip

licenses: $(READY) $(TOOLED) ## list under which terms the locked packages come
	@$(TOOLS)/bin/pip-licenses --python $(BIN)/python --from mixed --order license --format markdown

search-table: $(READY) ## train the activations of the search table; what lego/search_table.csv has is not run again
	@$(BIN)/python -m benchmarks.search_table

lock: $(PROOF) ## write the versions that are installed now to requirements.lock
	@$(BIN)/python -m pip freeze --exclude-editable > .venv/freeze
	@sed 's/+cpu$$//' .venv/freeze > .venv/lock && mv .venv/lock requirements.lock

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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint requirements.lock --editable '.[docs,test]' || { \
	  echo "The packages could not be installed: the first run needs a network connection; then run make again." >&2; exit 1; }
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests/' .venv/lib || true # pip would do it on one core; a template is no Python
	@touch $@

$(TOOLED): Makefile
	@$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 pip-licenses==5.5.5 || { \
	  echo "The tools could not be installed: the first run needs a network connection." >&2; exit 1; }
	@touch $@

$(PROOF): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[proof]' || { \
	  echo "The packages could not be installed: the first run needs a network connection." >&2; exit 1; }
	@touch $@
