PYTHON ?= python3
ARGS ?=
FUZZ_SECONDS ?= 600
FUZZED := tests/hostile tests/caching/reading/test_foreign_values.py tests/caching/stores/redis/test_foreign_keys.py
BENCH ?= reads imports policy pages
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes
RUNTIME := $(VENV)/.installed-requirements
DEVELOPMENT := $(VENV)/.installed-requirements-dev
UV := .venv-uv/.installed-uv
COMPILE := .venv-uv/bin/uv pip compile --quiet --no-config --default-index https://pypi.org/simple --no-emit-index-url \
	--universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

ON_POSTGRES := tests/caching/coherence/test_writes.py tests/caching/coherence/test_querysets.py \
	tests/caching/coherence/test_transactions.py tests/caching/coherence/test_two_phase.py \
	tests/caching/coherence/test_snapshots.py tests/caching/coherence/test_cursors.py \
	tests/caching/coherence/test_control.py tests/caching/coherence/test_triggers.py \
	tests/caching/coherence/test_unusual_models.py tests/caching/test_processes.py \
	tests/caching/reading/test_in_many.py tests/caching/coherence/test_neighbours.py \
	tests/caching/test_checks.py tests/scheduling/policy tests/hostile \
	tests/scheduling/imports/engine/test_one_at_a_time.py tests/scheduling/imports/engine/test_bulk.py \
	tests/scheduling/imports/background/test_worker.py tests/scheduling/imports/background/test_sign_rows.py
ON_POSTGRES_AND_VALKEY := tests/caching/coherence/test_writes.py tests/caching/coherence/test_querysets.py \
	tests/caching/coherence/test_transactions.py tests/caching/coherence/test_outbox.py \
	tests/caching/coherence/test_neighbours.py

.DEFAULT_GOAL := help
.PHONY: help demo serve test screenshots prove prove-today django-suite fuzz check audit bench torture lock migrations messages clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(RUNTIME) ## Set up, import the sample files and show what the cache does; keeps existing data
	$(RUN) manage.py demo $(ARGS)

serve: $(RUNTIME) ## Start the web server on http://127.0.0.1:8000 (PORT=8001 for another port)
	@if [ ! -f var/env ] && [ -z "$$SECRET_KEY" ]; then \
		echo "There is no SECRET_KEY yet: run 'make demo' first, which writes one to var/env, or export SECRET_KEY."; \
		exit 1; \
	fi
	$(RUN) manage.py migrate --verbosity 0
	$(RUN) manage.py collectstatic --noinput --verbosity 0
	$(RUN) -m gunicorn -c scheduler_project/gunicorn.py $(ARGS)

# Three at once on two processors: a quarter of the time is spent waiting for servers and other processes.
test: $(DEVELOPMENT) ## Run the tests, and those of writes on PostgreSQL and on PostgreSQL + Valkey; ARGS="-k admin" for some
	$(RUN) -m pytest -n 3 $(ARGS)
	@if [ -z "$(ARGS)" ]; then $(RUN) -W ignore -m tests.on_postgres -n 3 $(ON_POSTGRES); fi
	@if [ -z "$(ARGS)" ]; then $(RUN) -W ignore -m tests.on_postgres -n 3 --generations redis $(ON_POSTGRES_AND_VALKEY); fi

screenshots: $(DEVELOPMENT) ## Write the pictures of the README anew (docs/images/), from the tests in a browser
	CI=1 SCREENSHOTS=docs/images $(RUN) -m pytest -q tests/browser $(ARGS)

prove: $(DEVELOPMENT) ## Explore every interleaving and state of the coherence protocol, plant every mutation, run Django's tests (hours)
	$(RUN) -m tests.prove $(ARGS)

prove-today: $(DEVELOPMENT) ## Explore for a minute the scenarios whose turn it is; PROVE_DAY=739583 for those of a day
	$(RUN) -m tests.prove --today $(ARGS)

django-suite: $(DEVELOPMENT) ## Run Django's own tests with the cache and without; ARGS="queries update" for some, --postgresql to use that
	$(RUN) -m tests.django_suite $(ARGS)

# Half of the time on SQLite and half on PostgreSQL, which refuses other values.
fuzz: $(DEVELOPMENT) ## Send hostile input to every page, file and store for ten minutes; FUZZ_SECONDS=3600 for an hour
	FUZZ_SECONDS=$$(($(FUZZ_SECONDS) / 2)) $(RUN) -m pytest -s -q $(FUZZED) $(ARGS)
	FUZZ_SECONDS=$$(($(FUZZ_SECONDS) / 2)) $(RUN) -W ignore -m tests.on_postgres -s -q tests/hostile $(ARGS)
	FUZZ_EXAMPLES=20000 $(RUN) -m pytest -q tests/scheduling/imports/test_fuzz.py $(ARGS)

# Needs the network: what it cannot ask is a failure, or with ARGS=--where-possible a line that says so.
audit: $(DEVELOPMENT) ## Look for known vulnerabilities in what is locked, and check the settings of a deployment
	$(RUN) -m tests.audit $(ARGS)
	HTTPS_ONLY=1 SECRET_KEY=$$($(RUN) -c "import secrets; print(secrets.token_urlsafe(50))") \
		$(RUN) manage.py check --deploy --fail-level WARNING

check: $(DEVELOPMENT) ## Check style, types, Django's own checks and that no migration is missing
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) manage.py check
	$(RUN) manage.py makemigrations --check --dry-run

bench: $(DEVELOPMENT) ## Run the benchmarks, each in a database of its own; BENCH="reads writes" ARGS=--redis for some
	@set -e; for name in $(BENCH); do $(RUN) -m benchmarks.$$name $(ARGS); done

torture: $(DEVELOPMENT) ## Look for stale reads for a minute; ARGS="--store redis --faults kill,cut --seconds 600"
	$(RUN) -m benchmarks.torture --faults kill $(ARGS)

# Each lock holds for every Python from 3.11 on. The second one takes the versions of the first, so that the tests run
# on what is deployed. Versions that still fit are kept: ask for newer ones with --upgrade.
lock: $(UV) ## Pin what the requirements ask for, with hashes, in requirements*.lock; ARGS=--upgrade for newer versions
	$(COMPILE) --output-file requirements.lock $(ARGS) requirements.txt
	$(COMPILE) --output-file requirements-dev.lock $(ARGS) --constraint requirements.lock requirements-dev.txt

migrations: $(DEVELOPMENT) ## Write the migrations that the models need
	$(RUN) manage.py makemigrations $(ARGS)

# Each app has the texts of its own; what Django already translates is not asked for again. Needs GNU gettext.
messages: $(DEVELOPMENT) ## Gather new texts into the .po files and compile them; then translate what is empty or fuzzy
	@command -v msgfmt >/dev/null || { echo "GNU gettext is needed: apt-get install gettext"; exit 1; }
	@for app in scheduling caching scheduler_project; do \
		(cd $$app && mkdir -p locale && ../$(RUN) ../manage.py makemessages --locale de --no-location --verbosity 0); \
	done
	$(RUN) manage.py compilemessages --locale de --ignore .venv --verbosity 0
	$(RUN) -m pytest -q -p no:randomly tests/test_translations.py

clean: ## Remove .venv, caches and collected static files; data in var/ stay
	rm -rf $(VENV) .venv-uv var/static .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and '$(PYTHON)' is not one: try make PYTHON=/path/to/python3.11"; \
		exit 1; \
	}
	$(PYTHON) -m venv $(VENV)

$(UV):
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# One stamp per lock: a second run is instant, an edited lock is installed again.
$(RUNTIME): requirements.lock | $(RUN)
	$(PIP) -r requirements.lock
	@touch $@

$(DEVELOPMENT): requirements-dev.lock | $(RUN)
	$(PIP) -r requirements-dev.lock
	@touch $@ $(RUNTIME)
