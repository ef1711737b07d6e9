# Sequence Modelling and Recurrent Neural Networks. `make help` lists what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

PY := .venv/bin/python
READY := .venv/.ready
SITE := _build/html/index.html
PORT ?= 8000

.PHONY: help book test lab refresh robust experiments bench serve lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

book: $(READY) ## Build the book from the stored outputs; prints the page to open
	@$(PY) tools/build_book.py

test: $(READY) ## Check everything: style, floors, unit tests, notebooks, book (STAGES="lint units" for some)
	@$(PY) tools/test.py $(STAGES)

lab: $(READY) ## Open the notebooks in JupyterLab
	@$(PY) -m jupyterlab --notebook-dir=.

refresh: $(READY) ## Run the notebooks again and store their outputs (PAGE=chapters/.../name.ipynb for one)
	@$(PY) tools/refresh.py $(PAGE)

robust: $(READY) ## Check every claim under another seed: make robust SEED=7
	@$(PY) tools/robust.py $(SEED)

experiments: $(READY) ## Run the long tables of experiments/ again, resuming where they stopped (SEED=7 for other seeds)
	@$(PY) -m rnnlib.experiments $(if $(SEED),--seed $(SEED))

bench: $(READY) ## Measure speed beside Keras, write experiments/results/bench.csv (TORCH=1 installs and adds PyTorch)
	@if [ -n "$(TORCH)" ]; then \
		echo "Installing PyTorch from requirements-extra.lock"; \
		$(PY) -m uv pip install --python $(PY) --quiet --require-hashes -c requirements-extra.lock \
			$$(grep -o '^torch==[^ ]*' requirements-extra.lock); \
	fi
	@$(PY) -m experiments.bench

serve: $(SITE) ## Serve the built book on http://127.0.0.1:8000 (PORT= for another port)
	@echo "Open http://127.0.0.1:$(PORT) (stop with Ctrl-C)"
	@$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory $(dir $(SITE))

lock: $(READY) ## Solve the requirements again: newest versions that pyproject.toml allows
	@echo "Writing requirements.lock and requirements-extra.lock"
	@$(PY) -m uv pip compile pyproject.toml --quiet --upgrade --extra book --extra test \
		--universal --python-version 3.11 --generate-hashes -o requirements.lock
	@$(PY) -m uv pip compile pyproject.toml --quiet --upgrade --extra bench --extra cluster -c requirements.lock \
		--universal --python-version 3.11 --generate-hashes -o requirements-extra.lock

clean: ## Remove what was built and cached; .venv stays
	rm -rf _build .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@tools/setup.sh

$(SITE):
	@$(MAKE) book
