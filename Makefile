# `make run` fits the default hypothesis to the packaged data; `make test` runs the tests.
# Both set up .venv first and need only git, make and a Python between 3.12 and 3.14.

VENV := .venv
BIN  := $(VENV)/bin
UV   := $(BIN)/uv

export UV_SYSTEM_CERTS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Settings of a surrounding shell that would point the tools at another environment.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
# Without compiled modules every process spends seconds more on its imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# --- use -------------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/.run-ready  ## fit the default hypothesis, write runs/joint/, print the headline
	$(BIN)/bayesdensing fit joint --out runs/joint

PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --cov --cov-report=term

.PHONY: test
test: $(VENV)/.dev-ready  ## run the tests but for long ones that are many alike, with the coverage gate
	$(PYTEST) -m "not exhaustive"

.PHONY: test-all
test-all: $(VENV)/.dev-ready  ## run every test
	$(PYTEST)

# --- checks ----------------------------------------------------------------------------------

.PHONY: check
check: lint types imports docs notebooks  ## everything but the tests

.PHONY: lint
lint: $(VENV)/.dev-ready  ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/.dev-ready  ## static types
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev-ready  ## the arrows between layers (docs/ARCHITECTURE.md)
	$(BIN)/lint-imports

.PHONY: docs
docs: $(VENV)/.dev-ready  ## docstrings, their examples, and the links in *.md
	find bayesdensing -name '*.py' -print0 | xargs -0 $(BIN)/numpydoc lint
	$(BIN)/python -m pytest -q -p tests.conftest --doctest-modules bayesdensing
	$(BIN)/python .ci/docs.py

.PHONY: site
site: $(VENV)/.docs-ready  ## build the documentation site into build/site; a warning fails
	$(BIN)/python docs/build_figures.py --into build/figures
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -b html -d build/doctrees . build/site
	find build/figures -type f -exec cp {} build/site/_images/ ';'
	@echo "build/site/docs/index.html"

.PHONY: notebooks
notebooks: $(VENV)/.dev-ready  ## execute every notebook; an error in one fails
	$(BIN)/python .ci/notebooks.py

.PHONY: wheel
wheel: $(VENV)/.dev-ready  ## build sdist and wheel into dist/
	$(UV) build -q --clear --build-constraints constraints.txt --python $(BIN)/python

# --- speed -----------------------------------------------------------------------------------

.PHONY: bench
bench: $(VENV)/.bench-ready  ## measure speed against peers for hours, rewrite the tables of docs/performance.md
	$(BIN)/python -m benchmarks

# --- upkeep ----------------------------------------------------------------------------------

.PHONY: constraints
constraints: | $(UV)  ## pin the newest versions that pyproject.toml allows
	$(UV) pip compile -q pyproject.toml --extra dev --extra docs --extra report --group build --group bench --upgrade \
	    --universal --fork-strategy fewest --python-version 3.12 \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    -o $(VENV)/pins.txt > /dev/null
	sed 's/ *;.*//' $(VENV)/pins.txt > constraints.txt

.PHONY: rulers
rulers: $(VENV)/.run-ready  ## fit the rulers to the packaged data where needed, write models/rulers.json
	$(BIN)/python models/build_rulers.py

.PHONY: records
records: $(VENV)/.run-ready  ## fit 400 simulated series, write docs/records.csv
	$(BIN)/python docs/build_records.py

.PHONY: backtest
backtest: $(VENV)/.run-ready  ## forecast the past from five dates, write docs/backtest.csv and its table
	$(BIN)/python docs/build_backtest.py

.PHONY: results
results: $(VENV)/.run-ready  ## fit and compare every shipped hypothesis, write docs/results.md
	$(BIN)/python docs/build_results.py

.PHONY: figures
figures: $(VENV)/.run-ready  ## take the tables of docs/ from runs/, draw the figures from tables and runs
	$(BIN)/python docs/build_figures.py

.PHONY: corollaries
corollaries: $(VENV)/.run-ready  ## fit what is missing, write figures and tables of docs/corollaries/
	$(BIN)/python docs/build_corollaries.py

.PHONY: clean
clean:  ## remove the environment, builds and caches; runs/ stays
	rm -rf $(VENV) dist build .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# --- the environment -------------------------------------------------------------------------

# A stamp is newer than the pins it was installed from, so a second `make` touches no network.
# pip is the second choice: slower, but it knows its own mirrors and certificates.
define install
	@echo "installing $(1) into $(VENV) ..." >&2
	@$(UV) pip install -q --python $(BIN)/python -c constraints.txt \
	    --build-constraints constraints.txt -e '$(2)' \
	|| $(BIN)/python -m pip install -q -c constraints.txt -e '$(2)'
	@touch $@
endef

$(VENV)/.run-ready: pyproject.toml constraints.txt | $(UV)
	$(call install,bayesdensing,.[report])

$(VENV)/.dev-ready: $(VENV)/.run-ready
	$(call install,the development tools,.[dev])

$(VENV)/.docs-ready: $(VENV)/.dev-ready
	$(call install,what builds the site,.[docs])

$(VENV)/.bench-ready: $(VENV)/.run-ready
	@echo "installing the peers into $(VENV) ..." >&2
	@$(UV) pip install -q --python $(BIN)/python -c constraints.txt --group bench \
	|| $(BIN)/python -m pip install -q -c constraints.txt $$($(BIN)/python -c "$$peers")
	@touch $@

# An older pip does not know groups.
define peers
import tomllib
with open('pyproject.toml', 'rb') as file:
    print(*tomllib.load(file)['dependency-groups']['bench'])
endef
export peers

$(UV):
	@python=$$(sh -c "$$find_python") || exit 1; \
	echo "making $(VENV) with $$python ..." >&2; \
	"$$python" -m venv --clear $(VENV) && $(BIN)/python -m pip install -q -c constraints.txt uv

# The first interpreter that is new enough and can make an environment. `python3` may be a
# version manager's, which follows .python-version; managers' own folders are looked at last.
define find_python
fits() {
    "$$1" -c 'import sys, venv, ensurepip; v = sys.version_info
sys.exit(not (3, 12) <= v < (3, 15))' 2>/dev/null
}
offer() {
    if fits "$$1"; then "$$1" -c 'import sys; print(sys.executable)'; exit 0; fi
}
if [ -n "$$PYTHON" ]; then
    offer "$$PYTHON"
    echo "error: PYTHON=$$PYTHON is not a Python 3.12, 3.13 or 3.14 with the venv module" >&2
    exit 1
fi
for name in python3.13 python3.14 python3.12 python3 python; do offer "$$name"; done
for version in 3.13 3.14 3.12; do
    for name in "$${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version"*/bin/python3; do offer "$$name"; done
done
if uv --version >/dev/null 2>&1; then
    offer "$$(uv python find --no-python-downloads '>=3.12,<3.15' 2>/dev/null)"
fi
for name in python3.13 python3.14 python3.12 python3; do
    if "$$name" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' 2>/dev/null
    then
        echo "error: $$name cannot make an environment: apt install $$name-venv" >&2
        exit 1
    fi
done
have=$$(python3 --version 2>/dev/null || echo 'no python3')
echo "error: bayesdensing needs Python 3.12, 3.13 or 3.14 and found $$have. Install one with" \
    "\`apt install python3.13 python3.13-venv\`, \`pyenv install 3.13\` or" \
    "\`uv python install 3.13\`, or name one: make PYTHON=/path/to/python3.13" >&2
exit 1
endef
export find_python
