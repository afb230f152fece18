PYTHON ?= python3.11
RUN = .venv/bin/python

.PHONY: study test clean

study: .venv/installed
	$(RUN) -m study run experiments/demo.py --out results/demo

test: .venv/installed
	$(RUN) -m pytest --numprocesses auto --dist loadscope

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf .venv results data
