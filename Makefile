# Everything a machine with only Python (with venv) and make needs to run, test and lint hypertui.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header pyproject.toml
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Bytecode once, as an installed package has it: else each start compiles everything where Python may write none.
COMPILE := $(BIN)/python -m compileall -q hypertui

.PHONY: run test lint bench simulate golden kill9 hostile hostile-webhook desk paper-seeds pictures mutants soak setup lock clean

run: $(VENV)/.run-ready  ## trade the ladder on paper, in the console
	$(COMPILE)
	$(BIN)/hypertui

# What pytest makes of the test files is kept as well: each worker would else make it again.
test: $(VENV)/.setup-ready  ## the whole test suite
	$(COMPILE)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist worksteal

lint: $(VENV)/.setup-ready  ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

simulate: $(VENV)/.setup-ready  ## seeds of faults, one to four trades each; FROM=1000 SEEDS=500 goes on with some; KIND=brackets, or alerts
	$(BIN)/python -m tests.simulation --first $(or $(FROM),0) --seeds $(or $(SEEDS),1000) --jobs 2 --calm $(if $(KIND),--$(KIND))

golden: $(VENV)/.setup-ready  ## what the engine decides by every recorded tape, against what was kept
	$(BIN)/python -m tests.golden $(if $(WRITE),--write)

kill9: $(VENV)/.setup-ready  ## kill a live engine a hundred times
	KILLS=100 $(BIN)/python -m pytest tests/execution/test_restart.py

hostile: $(VENV)/.setup-ready  ## storms between engine and venue, a line each; FROM=41 RUNS=20 goes on with some
	$(BIN)/python -m tests.hostile --from $(or $(FROM),1) --runs $(or $(RUNS),100)

hostile-webhook: $(VENV)/.setup-ready  ## hostile requests to the door for alerts; FROM=0 COUNT=10000
	$(BIN)/python -m tests.intents --from $(or $(FROM),0) --count $(or $(COUNT),10000)

desk: $(VENV)/.setup-ready  ## three trades in one engine for ten minutes, in quick markets; MINUTES=N, SEED=N
	$(BIN)/python -m tests.desk --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1)

paper-seeds: $(VENV)/.setup-ready  ## three minutes on paper for each seed, and the one to choose; SEEDS=N
	$(BIN)/python -m benchmarks.paper_seeds --seeds $(or $(SEEDS),5000)

pictures: $(VENV)/.setup-ready  ## the pictures and the recording in docs/pictures, of a real engine
	$(BIN)/python -m tests.pictures

mutants: $(VENV)/.setup-ready  ## lines that matter, broken one by one: who notices; FIRST=10 COUNT=5 goes on with some
	$(BIN)/python -m tests.mutants --first $(or $(FIRST),0) --count $(or $(COUNT),30)

soak: $(VENV)/.setup-ready  ## the console over 20,000 refreshes: what it keeps in memory
	REFRESHES=20000 $(BIN)/python -m pytest tests/console/test_console_endurance.py

bench: $(VENV)/.setup-ready  ## speed, one JSON line for each benchmark
	$(COMPILE)
	$(BIN)/python -m benchmarks

setup: $(VENV)/.setup-ready  ## .venv with the command and every extra that the tests use

# The project itself is installed without build isolation: its back end is one of the pinned packages.
$(VENV)/.run-ready: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/.setup-ready: requirements-all.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements-all.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	touch $@ $(VENV)/.run-ready

lock:  ## pin both requirement files anew (needs uv)
	$(LOCK) --extra build --output-file requirements.txt
	$(LOCK) --all-extras --output-file requirements-all.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
