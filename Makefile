# Every task of this project. Needs Python 3.11 or later, make and PyPI; `make help` lists them.

PYTHON ?= python3
PROCESSES ?= 2
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
FIGURES := .coverage_data
# Tests make thousands of small files durable, which nobody waits for in memory; a container has 64 MB of it.
IN_MEMORY := $(shell test -w /dev/shm && test "$$(df -kP /dev/shm | awk 'END {print $$4}')" -gt 4000000 && echo TMPDIR=/dev/shm)
CODE := shared functions tests benchmarks infra
COMPILE := $(RUN)/uv --no-config --quiet pip compile --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: setup demo test check prove serve bench lock clean help

setup: $(INSTALLED) ## Make .venv with everything that is locked in infra/dev.lock

$(INSTALLED): infra/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "oracle-etl needs Python 3.11 or later; try make PYTHON=python3.12")'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what infra/dev.lock names into $(VENV) ..."
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement infra/dev.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(INSTALLED) ## Carry a sample schema from a stand-in Oracle into files, and verify them
	@$(RUN)/oracle-etl demo

serve: $(INSTALLED) ## Run the whole system on this machine, with the Oracle that ORACLE_DSN names
	@$(RUN)/oracle-etl serve

test: $(INSTALLED) ## Run the whole test suite, and check how much of the code it runs
	@rm -rf $(FIGURES)
	$(IN_MEMORY) $(RUN)/python -m pytest -n $(PROCESSES) -m "not prove and not untraced" \
		--cov --cov-report= --junitxml=$(FIGURES)/traced.xml
	$(IN_MEMORY) $(RUN)/python -m pytest -m "untraced and not prove" --junitxml=$(FIGURES)/untraced.xml
	@$(RUN)/python tests/suite_verdict.py $(FIGURES)

check: $(INSTALLED) ## Check format, lint, types, import arrows and spelling
	$(RUN)/ruff format --check $(CODE)
	$(RUN)/ruff check $(CODE)
	$(RUN)/mypy $(CODE)
	$(RUN)/lint-imports --no-cache
	$(RUN)/codespell

prove: $(INSTALLED) ## Run the long proofs and store what they found in prove-results.json
	PYTHONPATH=tests $(RUN)/python -m pytest -m prove -p stored_results --results prove-results.json

bench: $(INSTALLED) ## Measure the speed of the real path, and store it in bench-results.json
	$(RUN)/python -m benchmarks --json bench-results.json

lock: $(INSTALLED) ## Lock the dependencies anew: production, development with the stand-in, the wheel's build
	@test -x $(RUN)/uv || $(RUN)/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --output-file infra/image/requirements.lock
	$(COMPILE) pyproject.toml --extra standin --group dev --output-file infra/dev.lock
	@echo hatchling | $(COMPILE) - --constraint infra/dev.lock --output-file infra/image/build.lock

clean: ## Remove the environment, the data of the demo, and what tools left behind
	rm -rf $(VENV) .data/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf $(FIGURES)
	rm -f prove-results.json bench-results.json

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
