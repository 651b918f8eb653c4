# Everything a person does here, one word each. `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.dev-ready
COMPETITION ?= movie-valence
DEVICE ?= cpu
BENCH ?=
LARGE ?=
RUNS ?= $(COMPETITION)-minilm $(COMPETITION)-tfidf

.DEFAULT_GOAL := help
.PHONY: help setup run fast kernels test wheels check format bench clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY)  ## make .venv with the pinned packages

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(DEV_READY): $(READY) requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

run: $(READY)  ## from nothing to submissions/movie-valence.csv (benchmarks/first-run.md says how long)
	$(BIN)/foldwise run $(RUNS)

fast: $(READY)  ## the same path in a minute: few rows, two folds
	$(BIN)/foldwise run $(RUNS) --fast

kernels: $(DEV_READY)  ## build both Kaggle kernels of what `make fast` trains, and simulate them offline
	$(BIN)/foldwise run $(RUNS) --fast
	$(BIN)/foldwise kernel build $(firstword $(RUNS))-fast --train
	$(BIN)/foldwise kernel build $(COMPETITION)-fast --infer
	$(BIN)/foldwise kernel simulate kernels/$(firstword $(RUNS))-fast-train
	$(BIN)/foldwise kernel simulate kernels/$(COMPETITION)-fast-infer

# a process a core; each begins with a part of the files in order, and takes over from slower ones
test: $(DEV_READY)  ## the test suite, offline (under 10 minutes on two cores)
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist worksteal

wheels: $(DEV_READY)  ## the wheel on other Pythons and libraries (needs a package index; LARGE=1: 3 GB each)
	FOLDWISE_LARGE_WHEELS=$(LARGE) $(BIN)/python -m pytest -m network tests/kaggle/test_wheels.py

check: $(DEV_READY)  ## style, types, import order
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_READY)  ## rewrite the files in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## measure speed side by side; writes benchmarks/speed-cpu.md (DEVICE=cuda: -cuda.md)
	$(BIN)/python -m pip install --quiet -e ".[bench]"
	$(BIN)/python benchmarks/speed_page.py --device $(DEVICE) $(BENCH)

clean:  ## remove the environment and tool caches; runs and data stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
