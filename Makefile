# Sequence Modelling and Recurrent Neural Networks. `make help` lists what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

PY := .venv/bin/python
READY := .venv/.ready
RAY := .venv-cluster/bin/python
RAY_READY := .venv-cluster/.ready
SITE := _build/html/index.html
PORT ?= 8000

.PHONY: help book test lab refresh robust experiments bench cluster serve lock clean

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

cluster: $(RAY_READY) ## Install Ray in an environment of its own, .venv-cluster, and test rnnlib.experiments with it
	@echo "Testing with Ray, in a network of its own"
	@RNNBOOK_REQUIRE_RAY=1 $(RAY) -m tools.loopback $(RAY) -m pytest --quiet -r fEs tests/test_on_ray.py

serve: $(SITE) ## Serve the built book on http://127.0.0.1:8000 (PORT= for another port)
	@echo "Open http://127.0.0.1:$(PORT) (stop with Ctrl-C)"
	@$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory $(dir $(SITE))

lock: $(READY) ## Solve the requirements again: newest versions that pyproject.toml allows
	@echo "Writing requirements.lock and requirements-extra.lock"
	@$(PY) -m uv pip compile pyproject.toml --quiet --upgrade --extra book --extra test \
		--universal --python-version 3.11 --generate-hashes -o requirements.lock
	@$(PY) -m uv pip compile pyproject.toml --quiet --upgrade --extra bench --extra cluster -c requirements.lock \
		--universal --python-version 3.11 --generate-hashes -o requirements-extra.lock

clean: ## Remove what was built and cached; .venv and .venv-cluster stay
	rm -rf _build .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path './.venv*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@tools/setup.sh

# The same packages as in .venv, and Ray: hard links to what uv has in its cache, so that little is copied.
$(RAY_READY): requirements.lock requirements-extra.lock pyproject.toml | $(READY)
	@echo "Making .venv-cluster: the packages in requirements.lock, and Ray from requirements-extra.lock (hashes checked)"
	@$(PY) -m uv venv --quiet --allow-existing --python $(PY) .venv-cluster
	@$(PY) -m uv pip sync --quiet --python $(RAY) --require-hashes requirements.lock
	@$(PY) -m uv pip install --quiet --python $(RAY) --require-hashes -c requirements-extra.lock \
		$$(grep -o '^ray==[^ ]*' requirements-extra.lock)
	@$(PY) -m uv pip install --quiet --python $(RAY) --no-deps --no-build-isolation --editable .
	@touch $@

$(SITE):
	@$(MAKE) book
