# Every target sets up what it needs: Python packages go to .venv, exactly as requirements.lock says.

BIN := .venv/bin
PYTHONS := python3.11 python3.12 python3.13 python3
ARGS ?=
# One more than there are cores, since some of the tests wait for processes of their own; four at most.
PYTEST_ARGS ?= --numprocesses $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 4 ? n + 1 : 4))) --dist worksteal
# One after the other and beside no other tests: what they measure is time.
SWITCHES := tests/switches -p tests.switches.matrix -r fE
SWITCHES_ARGS ?=
UPGRADE ?=

# The tests start callgate a hundred times over; whatever the machine thinks of compiled files, it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test switches faults features fix lock bench failover overload soak clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/.ready ## play a day of calls against the real service (ARGS=--keep leaves it running, ARGS=--switch has a real switch ask)
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
	$(call step,switches,$(BIN)/python -m pytest -q $(SWITCHES) $(SWITCHES_ARGS))

switches: .venv/.ready ## drive real Kamailio and FreeRADIUS, and print what holds (SWITCHES_ARGS="-k revoked")
	@$(BIN)/python -m pytest -q $(SWITCHES) $(SWITCHES_ARGS)

faults: .venv/.ready ## break everything around the service, under load, and print what held (ARGS=--json, ARGS="'disk full (sqlite)'")
	@$(BIN)/python -m tests.outages $(ARGS)

features: .venv/.ready ## which test shows which row of the rules' feature table (PYTEST_ARGS="-n 0 -k blocks")
	@$(BIN)/python -m pytest -q -m feature -p tests.features $(PYTEST_ARGS)

fix: .venv/.ready ## repair what lint and format can repair by themselves
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.ready ## measure throughput, latency and growth beside FreeRADIUS and an empty endpoint (ARGS=--quick, ARGS=--growth)
	@$(BIN)/python bench/run.py $(ARGS)

failover: .venv/.ready ## kill the standby, then the primary, under load, and print what held (ARGS="--json FILE")
	@$(BIN)/python -m bench.failover $(ARGS)

overload: .venv/.ready ## ask 2 and 10 times what can be decided, rough clients included (ARGS="--database sqlite")
	@$(BIN)/python -m bench.overload $(ARGS)

soak: .venv/.ready ## ask steadily for ten minutes, and print whether anything grew (ARGS="--minutes 60")
	@$(BIN)/python -m bench.soak $(ARGS)

# --no-config, --no-emit-index-url: what this machine fetches packages from is nobody else's business.
lock: .venv/.ready ## write requirements.lock anew from pyproject.toml (UPGRADE=--upgrade takes newer releases)
	$(BIN)/uv pip compile pyproject.toml --group dev --output-file requirements.lock --quiet $(UPGRADE) \
		--universal --python-version 3.11 --generate-hashes --no-config --no-emit-index-url --system-certs \
		--custom-compile-command 'make lock'

clean: ## remove what these commands made, but never the data in var/
	rm -rf .venv dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find src tests migrations bench deploy -name __pycache__ -type d -prune -exec rm -rf {} +

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
