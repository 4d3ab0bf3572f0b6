# The front door. `make` prints what there is; CI runs the same words.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
T ?= tests shared services infra loadtests backtest
OUT ?= build/backtest
VERSION ?= local
BUILD_ARGS ?=
# Floors with a word of their own: too slow for each change, or with needs of their own.
OF_THEIR_OWN := images or workflows or chaos

RATE ?= 1000
DURATION ?= 330
COMPARED_RATE ?= 500
COMPARED_SECONDS ?= 90
# Linters and act, built from source; outside the repository, so that each checkout finds them.
LINTERS ?= $(or $(VIGIE_CACHE_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vigie)/linters
SEEDS ?= 7 8 9
TRANSACTIONS ?= 20000
HOURS ?= 24

.DEFAULT_GOAL := help
.PHONY: docs help setup run train check fix test test-unit test-spark test-integration test-e2e test-alone test-all \
	test-chaos test-images test-workflows images figures bench-reasons bench-delivery bench-sink bench-influx-outage \
	bench-dashboards load first-alert backtest quality screenshot schemas dashboards notebook clean
.PHONY: platforms lint-platforms scan-dependencies scan-secrets scan-staged changes image-tag image-digests \
	deploy-targets deploy railway-images railway-plan railway-apply load-compare apt-packages

##@ Run
help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## Start everything here: Kafka, MLflow, all services; Ctrl-C stops it
	@$(BIN)/python -m vigie_local run

train: setup ## Train a new champion now, from what the detector logged
	@$(BIN)/python -m trainer train

load: setup ## Load the whole system and check the budgets (RATE=1000 DURATION=330)
	@$(BIN)/python -m vigie_loadtests --rate $(RATE) --duration $(DURATION)

quality: RATE = 200
quality: setup ## Detection quality on the generator's stream against the promise (SEEDS="7 8 9" TRANSACTIONS=20000 RATE=200)
	@$(BIN)/python -m vigie_loadtests.quality --seeds $(SEEDS) --transactions $(TRANSACTIONS) --rate $(RATE)

first-alert: setup ## How long a stranger waits: clean clone to first score and first alert
	@$(BIN)/python -m vigie_loadtests.first_alert

backtest: setup ## Detection quality on a file (DATA=FILE OUT=DIR WITHOUT=scenario SEEDS="7 8 9")
	$(if $(DATA),,$(error Say which file: make backtest DATA=payments.parquet))
	@$(BIN)/python -m vigie_backtest "$(DATA)" --out "$(OUT)" $(addprefix --without ,$(WITHOUT)) $(addprefix --seed ,$(SEEDS))

screenshot: setup ## Picture of the live page of a running system, for the README
	@$(BIN)/python -m vigie_testing.screenshot --url http://127.0.0.1:8000 --out docs/images/live-page.png

images: ## Build an image of each service (VERSION=local)
	@for file in services/*/Dockerfile loadtests/Dockerfile; do \
		name=$$(basename $$(dirname $$file)); echo "== vigie/$$name:$(VERSION)"; \
		docker build $(BUILD_ARGS) --build-arg REVISION=$$(git rev-parse HEAD) -t vigie/$$name:$(VERSION) -f $$file . || exit 1; \
	done

##@ Work on it
setup: .venv/ready ## Install everything into .venv, nothing outside (runs by itself)

check: setup ## Format, lint, types, lock file, imports, schema snapshots, dashboards; changes nothing
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/pyright && $(UV) lock --check
	@infra/linters/imports.sh
	@$(BIN)/python -m vigie_schemas check
	@$(BIN)/python -m grafana_provisioning check
	@$(BIN)/python -m vigie_docs words

fix: setup ## Format and repair what can be repaired
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

dashboards: setup ## Write Grafana's dashboards and rules anew from their code and docs/operations.md
	@$(BIN)/python -m grafana_provisioning write

docs: setup ## Write the pages that are read from the source: docs/log-events.md, docs/adr/README.md
	@$(BIN)/python -m vigie_docs write

schemas: setup ## Write the JSON Schema snapshots; refuses a change that breaks a contract
	@$(BIN)/python -m vigie_schemas write

platforms: setup ## Write railway.json files and Render's Blueprint by digest anew (IMAGES=ghcr.io/you/vigie)
	@$(BIN)/python -m vigie_platforms generate $(addprefix --images ,$(IMAGES))

lint-platforms: setup ## Dockerfiles, workflows, Blueprints, railway.json, compose; changes nothing
	@LINTERS="$(LINTERS)" infra/linters/lint.sh

scan-secrets: ## Secrets in any commit up to this one
	@$(MAKE) --silent "$(LINTERS)/gitleaks"
	@"$(LINTERS)/gitleaks" git --no-banner --redact --log-opts=HEAD .

scan-staged: ## Secrets in what is about to be committed
	@$(MAKE) --silent "$(LINTERS)/gitleaks"
	@"$(LINTERS)/gitleaks" git --no-banner --redact --staged .

scan-dependencies: setup ## Known weaknesses of what is installed, asked of PyPI
	@mkdir -p build && $(UV) export --frozen --quiet --no-emit-workspace --all-packages --format requirements-txt > build/locked.txt
	@$(UV) run --isolated --frozen --quiet --only-group scans pip-audit --disable-pip --require-hashes --requirement build/locked.txt

apt-packages: ## What the tests need beside Python, where apt has it and the machine lacks it
	@infra/local/apt-packages.sh

notebook: setup ## Execute notebooks/how-vigie-sees.ipynb anew, in place (VIGIE_HANDBOOK=FILE)
	@$(BIN)/python notebooks/execute.py

##@ Test
test: setup ## All floors (T=path for a part)
	@$(BIN)/pytest $(T) -m "not ($(OF_THEIR_OWN))"

test-unit: setup ## No JVM, no network; seconds
	@$(BIN)/pytest $(T) -m "not spark and not integration and not e2e and not ($(OF_THEIR_OWN))"

test-spark: setup ## Functions of the detector in Spark
	@$(BIN)/pytest $(T) -m spark

test-integration: setup ## On a real broker and registry
	@$(BIN)/pytest $(T) -m integration

test-e2e: setup ## The whole system as `make run` starts it, with a real browser
	@$(BIN)/pytest $(T) -m e2e

bench-sink: RATE = 10000
bench-sink: DURATION = 60
bench-sink: setup ## What records cost the metrics sink, and how exact its latency is (RATE=10000 DURATION=60)
	@$(BIN)/python -m vigie_loadtests.sink intake --rate $(RATE) --seconds $(DURATION)

bench-influx-outage: DURATION = 300
bench-influx-outage: setup ## InfluxDB stops under load: nothing is missing afterwards (RATE=1000 DURATION=300)
	@$(BIN)/python -m vigie_loadtests.sink outage --rate $(RATE) --seconds $(DURATION)

test-chaos: setup ## Each part of the whole system is killed under load: nothing is lost, nothing counted twice
	@$(BIN)/pytest -s tests/chaos -m chaos

test-images: setup ## Build every image, start the whole of compose from them, restart and stop it (needs Docker)
	@$(BIN)/pytest tests/images -m images
	@$(BIN)/python tests/images/write_table.py

test-workflows: setup ## GitHub's workflows by act, as far as they go without GitHub (needs Go the first time)
	@$(MAKE) --silent "$(LINTERS)/act"
	@ACT="$(LINTERS)/act" $(BIN)/pytest infra/platforms -m workflows

bench-reasons: setup ## What an alert's reasons cost, and that other payments pay nothing
	@$(BIN)/python -m vigie_backtest.reasons_cost services/generator/sample/transactions.parquet 2>/dev/null

bench-delivery: setup ## Alerts in time to a healthy receiver, without loss to a failing one through three SIGKILLs
	@$(BIN)/python -m vigie_loadtests.delivery

bench-dashboards: setup ## Each panel's query over a day of seconds in a real InfluxDB, slowest first (HOURS=24)
	@$(BIN)/python -m vigie_loadtests.dashboards --hours $(HOURS)

figures: setup ## Forest against scikit-learn, stream against batch: the largest differences
	@$(BIN)/pytest -s -q services/trainer/tests/spark | grep -E "largest difference|failed"
	@$(BIN)/pytest -s -q tests/integration/test_stream_equals_batch.py | grep -E "largest difference|failed"

test-alone: setup ## Each package in an environment of its own
	@infra/local/test-alone.sh $(UV)

test-all: test test-chaos test-alone ## Everything

load-compare: setup ## Is this checkout slower than another commit? (BASE=commit COMPARED_RATE=500 COMPARED_SECONDS=90)
	$(if $(BASE),,$(error Say with which commit: make load-compare BASE=main~10))
	@$(BIN)/python -m vigie_loadtests.comparison --base "$(BASE)" --rate $(COMPARED_RATE) --duration $(COMPARED_SECONDS)

##@ Deploy (docs/deployment.md)
changes: setup ## What a change concerns: services, tests (BASE=commit; none: everything)
	@$(BIN)/python -m vigie_platforms changes --base "$(BASE)"

image-tag: setup ## Tag of an image: the same inputs, the same tag (SERVICE=trainer)
	@$(BIN)/python -m vigie_platforms tag "$(SERVICE)"

image-digests: setup ## Images of this commit in a registry, and those that are missing (IMAGES=ghcr.io/you/vigie)
	@$(BIN)/python -m vigie_platforms images --prefix "$(IMAGES)"

deploy-targets: setup ## Which service of a platform is to run which image (PLATFORM=render IMAGES=JSON object by service)
	@$(BIN)/python -m vigie_platforms targets "$(PLATFORM)" '$(IMAGES)'

deploy: setup ## Deploy one service by digest, wait for health, roll back if it does not come (PLATFORM= SERVICE= IMAGE=)
	@$(BIN)/python -m vigie_platforms deploy "$(PLATFORM)" "$(SERVICE)" "$(IMAGE)"

railway-images: setup ## Note which images Railway runs by digest, for the next plan
	@mkdir -p build && $(BIN)/python -m vigie_platforms running railway > build/railway-images.json && cat build/railway-images.json

railway-plan: setup ## What .railway/railway.py would change on Railway; needs its command line
	@mkdir -p build && PATH="$(CURDIR)/$(BIN):$$PATH" VIGIE_RAILWAY_IMAGES="$(abspath $(wildcard build/railway-images.json))" railway config plan --out build/railway-plan.json

railway-apply: ## Do what the last plan says
	@PATH="$(CURDIR)/$(BIN):$$PATH" railway config apply --plan build/railway-plan.json

##@ Tidy
clean: ## Forget all data: topics, models, state, reports
	@if [ -e .venv/ready ]; then $(BIN)/python -m vigie_local clean; fi
	@rm -rf .vigie build

.venv/ready: uv.lock pyproject.toml $(wildcard shared/*/pyproject.toml services/*/pyproject.toml infra/*/pyproject.toml loadtests/pyproject.toml backtest/pyproject.toml) | $(UV)
	@$(UV) sync --frozen --quiet --python $(PYTHON) && touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed: install it (Debian, Ubuntu: apt install python3 python3-venv) or say where it is with PYTHON=..."; exit 1; }
	@echo "Installing uv into .uv ..."
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv

$(LINTERS)/actionlint: infra/linters/go.mod infra/linters/go.sum
	@echo "Building actionlint ..." && mkdir -p "$(LINTERS)" && go build -C infra/linters -o "$@" github.com/rhysd/actionlint/cmd/actionlint

$(LINTERS)/act: infra/act/go.mod infra/act/go.sum
	@command -v go >/dev/null || { echo "act is built from source and needs Go: install Go, or leave this floor out."; exit 1; }
	@echo "Building act ..." && mkdir -p "$(LINTERS)" && go build -C infra/act -o "$@" github.com/nektos/act

$(LINTERS)/gitleaks: infra/linters/go.mod infra/linters/go.sum
	@command -v go >/dev/null || { echo "gitleaks is built from source and needs Go: install Go, or leave this scan to CI."; exit 1; }
	@echo "Building gitleaks ..." && mkdir -p "$(LINTERS)" && go build -C infra/linters -o "$@" github.com/zricethezav/gitleaks/v8
