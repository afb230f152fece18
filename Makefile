# Python 3.11, 3.12 or 3.13, whichever is found first; another is given as PYTHON=/path/to/python.
SUITABLE = import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
FOUND = $(foreach name,python3.11 python3.12 python3.13 python3,$(shell $(name) -c '$(SUITABLE)' 2>/dev/null && echo $(name)))
PYTHON ?= $(firstword $(FOUND))
CHECKED = $(shell "$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null && echo yes)
REFUSAL = needs Python 3.11, 3.12 or 3.13 with venv and pip; found: $(or $(PYTHON),none); give one as PYTHON=/path/to/python
RUN = .venv/bin/python
SIDE_BY_SIDE = --numprocesses auto --dist loadfile --no-loadscope-reorder

# Many containers set it; each process, of which a trial has several, would compile the project's files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: study test test-fast test-gpu lint format clean

study: .venv/installed
	$(RUN) -m study run experiments/demo.py --out results/demo

test: .venv/installed
	$(RUN) -m pytest $(SIDE_BY_SIDE)

test-fast: .venv/installed
	$(RUN) -m pytest $(SIDE_BY_SIDE) -m "not slow"

test-gpu: .venv/installed
	$(RUN) -m pytest -n0 -m gpu

lint: .venv/installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

format: .venv/installed
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

.venv/installed: pyproject.toml constraints.txt
	@$(if $(CHECKED),,$(error $(REFUSAL)))
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[test,lint]'
	@# pip compiles on one core. Files for another version of Python do not compile.
	@$(RUN) -m compileall -qq -j 0 .venv/lib || true
	touch $@

clean:
	rm -rf .venv results data
