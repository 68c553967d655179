# One command each. Every target makes the environment it needs; nothing else has to be installed.
PYTHON ?= python3
.DEFAULT_GOAL := help

help:            ## list the commands
	@sed -n 's/^\([a-z-]*\): .*## /\1: /p;s/^\([a-z-]*\):  *## /\1: /p' Makefile | sort

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -e '.[plots]'
	@touch $@

.venv-test/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]'
	@touch $@

demo: .venv/installed   ## the main job on real digits: train, evaluate, save, load, predict, draw
	.venv/bin/python examples/demo.py

test: .venv-test/installed   ## all tests, with their coverage
	.venv-test/bin/coverage erase
	.venv-test/bin/coverage run -m pytest -q
	.venv-test/bin/coverage combine --quiet
	.venv-test/bin/coverage report

check: .venv-test/installed   ## format, lint and types
	.venv-test/bin/ruff format --check .
	.venv-test/bin/ruff check .
	.venv-test/bin/pyright

format: .venv-test/installed   ## put the format and the simple lint findings right
	.venv-test/bin/ruff format .
	.venv-test/bin/ruff check --fix .

gallery: .venv/installed   ## draw the gallery anew: examples/gallery into docs/gallery
	.venv/bin/python scripts/make_gallery.py

footprint:       ## what a base install weighs, and how long import and help take
	$(PYTHON) benchmarks/footprint.py

bench:           ## Pellucid beside its peers: all jobs, an hour or more; writes docs/performance.md
	$(PYTHON) -m benchmarks.bench

bench-quick:     ## a part of it, in about three minutes; writes nothing
	$(PYTHON) -m benchmarks.bench --quick

accuracy:        ## what the recipes reach on the data in PELLUCID_DATA, in about half an hour; writes docs/accuracy.md
	$(PYTHON) -m benchmarks.accuracy

clean:           ## remove the environments and everything built
	rm -rf .venv .venv-test .venv-bench benchmarks/results build dist .coverage* .pytest_cache .ruff_cache .hypothesis

.PHONY: help demo gallery test check format footprint bench bench-quick accuracy clean
