# Everything below runs inside .venv, which the first command makes. Needs GNU make, any POSIX sh,
# and Python 3.11 or newer (the pinned numpy and scipy ask for it; eqlib itself runs on 3.10).

PYTHON ?= python3
TORCH_INDEX ?=
FORCE ?=
ARGS ?=
PORT ?= 8000
PROCESSES ?= 2

PY := .venv/bin/python
INSTALLED := .venv/installed
CELL_TIMEOUT_S := 1200
# What Binder gives; the chapters have to do with it.
MEMORY_KB := 2097152

# Threads of OpenMP that wait spin; on shared cores that takes the time of those that work.
ifndef OMP_WAIT_POLICY
export GOMP_SPINCOUNT ?= 1000
endif

.DEFAULT_GOAL := help
# Two trainings at once would share the cores and run into the cell timeout.
.NOTPARALLEL:
.PHONY: help book serve lab refresh site pdf results originals opening test test-browser screenshots bench fuzz lint class zip wheel repository clean distclean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  PYTHON=python3.12   the Python that makes .venv (3.11 or newer)'
	@echo '  TORCH_INDEX=<url>   one more package index for torch, such as the one of its CPU builds,'
	@echo '                      which saves gigabytes of CUDA on Linux'
	@echo '  FORCE=tour          with refresh and book: execute this chapter even if it is fresh'
	@echo '  PORT=8000           with serve: the port'
	@echo '  ARGS="..."          with bench and results: their arguments, such as ARGS="--only lowpass"'
	@echo '  PROCESSES=2         with results, test: how many networks or files at once, one a core'

book: refresh site ## Execute stale chapters, build the book, say where it is

serve: book ## Build the book and open it in a browser
	@(sleep 1; $(PY) -m webbrowser -t "http://127.0.0.1:$(PORT)/") >/dev/null 2>&1 & \
	exec $(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: $(INSTALLED) ## Open the chapters in JupyterLab
	$(PY) -m jupyterlab book

refresh: $(INSTALLED) ## Execute the chapters whose stored outputs are stale
	$(PY) book/_ext/refresh.py $(if $(FORCE),--force $(FORCE))

# From an empty _build, because a warm build is silent about the warnings of the cold one.
site: $(INSTALLED) _onnx/installed $(if $(shell command -v npm),_vendor/installed) ## Build the book from the stored outputs; a warning is an error
	rm -rf _build
	.venv/bin/jupyter-book build . -W --keep-going --quiet

pdf: site ## Print the book as one PDF, and a handout of each lab, into _build/pdf (needs Chromium)
	$(PY) book/_ext/pdf.py

results: $(INSTALLED) ## Train every network whose results are not current; hours, resumable
	.venv/bin/torchrun --nproc-per-node $(PROCESSES) -m eqlib reproduce $(ARGS)
	$(PY) -m eqlib effects
	$(PY) -m eqlib dynamic
	$(PY) -m eqlib generalize
	$(PY) -m eqlib style
	$(PY) -m eqlib rates
	$(PY) -m eqlib ears

originals: $(INSTALLED) ## Fetch recordings at 44.1 and 48 kHz by npm and apt, 300 MB, for `eqlib rates`
	$(PY) book/_ext/originals.py

opening: $(INSTALLED) ## Train anew what the first page plays, half a minute
	$(PY) book/_ext/opening.py

test: $(INSTALLED) ## Run the tests, then every chapter against its stored outputs
	@status=0; \
	$(PY) -m pytest -n $(PROCESSES) --dist loadfile || status=1; \
	( ulimit -d $(MEMORY_KB) 2>/dev/null; \
	  $(PY) -m pytest -n $(PROCESSES) --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout $(CELL_TIMEOUT_S) \
		--nbval-sanitize-with tests/nbval.cfg book ) || status=1; \
	exit $$status

test-browser: $(INSTALLED) ## Drive the built site in Chromium (Debian: apt install chromium)
	$(PY) -m pytest -m browser --reruns 1 -raR tests/browser

screenshots: site ## Take the pictures of components that README shows
	PYTHONPATH=tests $(PY) tests/browser/screenshots.py

bench: $(INSTALLED) ## Measure speed and results against their bounds
	$(PY) tests/bench.py $(ARGS)

fuzz: $(INSTALLED) ## Try 20,000 cases of random and damaged input, others each time
	FUZZ=long $(PY) -m pytest tests/test_fuzz.py

lint: $(INSTALLED) ## Check style, formatting (notebooks included) and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

class: $(INSTALLED) ## Write the chapters for a class: student, solutions, instructor, in _build/class
	$(PY) book/_ext/classroom.py
	@echo "_build/class has the three forms"

# The site as it comes out of it works by a double click.
zip: site ## Pack the site, the notebooks in three forms and the wheel: _build/eqlib-book.zip
	$(PY) book/_ext/pack.py

wheel: $(INSTALLED) ## Pack the package alone, as a wheel: _build/wheel
	$(PY) book/_ext/pack.py --wheel

repository: ## Set the repository's address everywhere: make repository URL=https://github.com/owner/name
	@$(PYTHON) book/_ext/repository.py "$(URL)"

clean: ## Remove the built book and the caches
	rm -rf _build build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find book eqlib tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## Remove .venv, what npm brought and the exported networks as well
	rm -rf .venv _onnx _vendor node_modules

# What the pages take from npm, for a book that needs no other host. Without npm, a CDN has the same.
_vendor/installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	rm -rf _vendor
	mkdir -p _vendor/mathjax/output/chtml _vendor/ort
	cp node_modules/mathjax/es5/tex-mml-chtml.js _vendor/mathjax/
	cp -R node_modules/mathjax/es5/output/chtml/fonts _vendor/mathjax/output/chtml/
	cd node_modules/onnxruntime-web/dist && \
		cp ort.wasm.min.mjs ort-wasm-simd-threaded.mjs ort-wasm-simd-threaded.wasm \
			ort.jspi.min.mjs ort-wasm-simd-threaded.jspi.mjs ort-wasm-simd-threaded.jspi.wasm \
			$(CURDIR)/_vendor/ort/
	@touch $@

# The trained networks in the form that the pages run, and the steps that train new ones there.
_onnx/installed: $(INSTALLED) $(wildcard eqlib/networks/weights/*) $(wildcard eqlib/networks/*.py) \
		eqlib/config.py eqlib/model.py eqlib/layers.py eqlib/cli/export.py eqlib/data/audio/index.csv
	rm -rf _onnx
	$(PY) -m eqlib export --pages _onnx
	@touch $@

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'This needs Python 3.11 or newer as "$(PYTHON)". Name another: make PYTHON=python3.12 ...'; \
		exit 1; }
	@$(PYTHON) -m venv .venv || { \
		echo 'Python has no venv module here. On Debian and Ubuntu: apt install python3-venv'; \
		exit 1; }
	$(PY) -m pip install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements.txt
	$(PY) -m pip install --no-deps --editable .
	@touch $@
