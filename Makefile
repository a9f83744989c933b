# Every target sets up what it needs: Python packages go to .venv, exactly as requirements.lock says.

BIN := .venv/bin
PYTHONS := python3.11 python3.12 python3.13 python3
ARGS ?=
PYTEST_ARGS ?= --numprocesses auto --maxprocesses 4
# One after the other and beside no other tests: what they measure is time.
SWITCHES := tests/switches -p tests.switches.matrix
SWITCHES_ARGS ?=
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help demo serve test switches features fix lock bench clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/.ready ## play a day of calls against the real service (ARGS=--keep leaves it running)
	@$(BIN)/callgate demo $(ARGS)

serve: .venv/.ready ## run the service on the embedded database (ARGS="--port 8080")
	@$(BIN)/callgate serve $(ARGS)

# A heading, the command, and the seconds that it took; the first failure ends the run.
define step
@printf '\n== %s: %s\n' '$(1)' '$(2)'; began=$$(date +%s); $(2) && printf '== %s passed in %s s\n' '$(1)' $$(($$(date +%s) - began))
endef

test: .venv/.ready ## everything that must pass before a change lands (PYTEST_ARGS="-n 0 -k hours")
	$(call step,lint,$(BIN)/ruff check)
	$(call step,format,$(BIN)/ruff format --check)
	$(call step,types,$(BIN)/mypy)
	$(call step,boundaries,$(BIN)/lint-imports --no-logo)
	$(call step,container,$(BIN)/hadolint Dockerfile)
	$(call step,tests,$(BIN)/pytest $(PYTEST_ARGS) --ignore tests/switches)

switches: .venv/.ready ## drive real Kamailio and FreeRADIUS, and print what holds (SWITCHES_ARGS="-k revoked")
	@$(BIN)/python -m pytest -q $(SWITCHES) $(SWITCHES_ARGS)

features: .venv/.ready ## which test shows which row of the rules' feature table (PYTEST_ARGS="-n 0 -k blocks")
	@$(BIN)/python -m pytest -q -m feature -p tests.features $(PYTEST_ARGS)

fix: .venv/.ready ## repair what lint and format can repair by themselves
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.ready ## measure throughput and latency beside the peers
	@$(BIN)/python bench/run.py $(ARGS)

# --no-config, --no-emit-index-url: what this machine fetches packages from is nobody else's business.
lock: .venv/.ready ## write requirements.lock anew from pyproject.toml (UPGRADE=--upgrade takes newer releases)
	$(BIN)/uv pip compile pyproject.toml --group dev --output-file requirements.lock --quiet $(UPGRADE) \
		--universal --python-version 3.11 --generate-hashes --no-config --no-emit-index-url --system-certs \
		--custom-compile-command 'make lock'

clean: ## remove what these commands made, but never the data in var/
	rm -rf .venv dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find src tests migrations bench -name __pycache__ -type d -prune -exec rm -rf {} +

# uv, itself checked against the lock, installs the rest in seconds. Where it reaches no registry but pip does (it does
# not read pip's configuration), pip installs the same files. Both refuse a file whose hash is not in the lock.
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
.venv/.ready: requirements.lock pyproject.toml
	@python=; for each in $(PYTHONS); do \
		if $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$each; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'callgate needs Python 3.11 or newer with venv (on Debian: apt-get install python3 python3-venv).' >&2; \
		echo "None of these is one: $(PYTHONS). Another can be named: make PYTHONS=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "== set-up: packages of requirements.lock into .venv, with $$python"; \
	[ -x $(BIN)/python ] || $$python -m venv .venv
	@awk '/^[^ #]/ { wanted = /^uv==/ } wanted && !/#/' requirements.lock > .venv/bootstrap.lock
	@$(PIP_INSTALL) --require-hashes --requirement .venv/bootstrap.lock
	@$(BIN)/uv pip sync --quiet --no-config --system-certs --python $(BIN)/python --require-hashes requirements.lock || \
		$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	@$(PIP_INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@touch $@
