# `make` lists all targets; GitHub's workflows call the same ones. What is longer than a line or two is a script.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never

# The long ones first: they are begun in this order
ALL := tests shared services infra loadtests backtest peers cli
T ?= $(ALL)
SLOW := nightly or images or workflows or chaos
# A file stays in one process, and each process starts a broker, registry, InfluxDB or browser once
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
# pytest on a part of the tests; 5: the part has no test of this floor
PARTLY := || [ $$? -eq 5 ]
MIN_COVERAGE ?= 90
RATE ?= 1000
DURATION ?= 330
COMPARED_RATE ?= 500
COMPARED_SECONDS ?= 90
SEEDS ?= 7 8 9
TRANSACTIONS ?= 20000
HOURS ?= 24
OUT ?= build/backtest
VERSION ?= local

# $(call ask,NAME,an example): one sentence and exit code 2 where a target's variable is empty
ask = @[ -n "$($(1))" ] || { echo "Say $(1), for example: make $@ $(2)" >&2; exit 2; }

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

##@ Run
help: ## List all targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## Start Kafka, MLflow and all services here; Ctrl-C stops them
	@$(BIN)/python -m vigie_local run

train: setup ## Train a new champion now, from what the detector logged
	@$(BIN)/python -m trainer train

backtest: setup ## Detection quality on a file (DATA=FILE OUT=DIR LABELS=7d ANSWERS=200 LIES=tenth|own WITHOUT=scenario SEEDS="7 8 9" COLUMN="ours=theirs ...")
	$(call ask,DATA,DATA=payments.parquet)
	@$(BIN)/python -m vigie_backtest "$(DATA)" --out "$(OUT)" $(addprefix --labels ,$(LABELS)) $(addprefix --answers ,$(ANSWERS)) $(addprefix --lies ,$(LIES)) $(addprefix --without ,$(WITHOUT)) $(addprefix --seed ,$(SEEDS)) $(addprefix --column ,$(COLUMN))

labelled-data: setup ## Download the Fraud Detection Handbook's transactions (100 MB) into labelled/handbook.parquet
	@backtest/labelled-data.sh

screenshot: setup ## Picture of the live page of a running system, for the README
	@$(BIN)/python -m vigie_testing.screenshot --url http://127.0.0.1:8000 --out docs/images/live-page.png

class-archive: setup ## Archive of Spark's classes, with which the detector starts faster; the image has one (docs/adr/0025)
	@$(BIN)/python -m spark_detector.class_archive

clean: ## Delete all local data: topics, models, state, reports
	@if [ -e .venv/ready ]; then $(BIN)/python -m vigie_local clean; fi
	@rm -rf .vigie build

##@ Develop
setup: .venv/ready ## Install everything into .venv, nothing outside (runs by itself)

check: setup ## Format, lint, types, lock file, imports, schema snapshots, generated files; changes nothing
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/pyright && $(UV) lock --check && $(UV) lock --quiet --check --script peers/src/vigie_peers/programs/quix.py
	@infra/linters/imports.sh
	@$(BIN)/python -m vigie_schemas check
	@$(BIN)/python -m grafana_provisioning check
	@$(BIN)/python -m vigie_platforms check
	@$(BIN)/python -m vigie_docs check

fix: setup ## Format, and repair what can be repaired
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

schemas: setup ## Write the JSON Schema snapshots; refuses a change that breaks a contract
	@$(BIN)/python -m vigie_schemas write

dashboards: setup ## Write Grafana's dashboards and rules from their code and docs/operations.md
	@$(BIN)/python -m grafana_provisioning write

platforms: setup ## Write Dockerfiles, railway.json files and Render's Blueprint by digest (IMAGES=ghcr.io/you/vigie)
	@$(BIN)/python -m vigie_platforms generate $(addprefix --images ,$(IMAGES))

docs: setup ## Write the pages that are read from the source: docs/log-events.md, docs/adr/README.md
	@$(BIN)/python -m vigie_docs write

notebook: setup ## Execute notebooks/how-vigie-sees.ipynb again, in place (VIGIE_HANDBOOK=FILE)
	@$(BIN)/python notebooks/execute.py

lint-platforms: setup ## Dockerfiles, workflows, Blueprints, railway.json, compose; changes nothing
	@infra/linters/lint.sh

scan-secrets: ## Secrets in any commit up to this one
	@gitleaks=$$(infra/tools/build.sh gitleaks) && "$$gitleaks" git --no-banner --redact --log-opts=HEAD .

scan-staged: ## Secrets in what is about to be committed
	@gitleaks=$$(infra/tools/build.sh gitleaks) && "$$gitleaks" git --no-banner --redact --staged .

scan-dependencies: setup ## Known vulnerabilities of what is installed, asked of PyPI
	@infra/linters/scan-dependencies.sh $(UV)

##@ Test
test: setup ## All floors but nightly, chaos, images and workflows; coverage of the fast ones (T=path for a part)
	@$(MAKE) --silent test-fast
	@$(BIN)/pytest $(T) -m "e2e and not ($(SLOW))" $(PARTLY)

test-fast: setup ## Unit, spark and integration floors side by side; all together run at least MIN_COVERAGE % of services and shared
	@rm -f .coverage .coverage.*
	@$(MAKE) --silent -j 3 --output-sync=target fast-spark fast-stream fast-others
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=$(if $(filter-out $(T),$(ALL)),0,$(MIN_COVERAGE))

# A JVM compiles what Spark generates for as long as it runs: tests that use one share two, which stay busy to the end
.PHONY: fast-spark fast-stream fast-others
fast-spark: FLOOR = spark
fast-stream: FLOOR = integration and jvm
fast-others: FLOOR = not spark and not jvm
fast-others: PROCESSES = $(SIDE_BY_SIDE)
fast-spark fast-stream fast-others:
	@MAKEFLAGS= COVERAGE_FILE=.coverage.$@ $(BIN)/pytest $(T) $(PROCESSES) \
		-m "($(FLOOR)) and not e2e and not ($(SLOW))" --cov --cov-report= $(PARTLY)

test-unit: setup ## No JVM, no network; one process for each core
	@$(BIN)/pytest $(T) -n auto --dist worksteal -m "not spark and not integration and not e2e and not ($(SLOW))"

test-spark: setup ## Functions of the detector in Spark
	@$(BIN)/pytest $(T) -m "spark and not nightly"

test-integration: setup ## On a real broker and registry
	@$(BIN)/pytest $(T) -m "integration and not nightly"

test-e2e: setup ## The whole system as `make run` starts it, with a real browser
	@$(BIN)/pytest $(T) -m "e2e and not nightly"

test-nightly: setup ## What `make test` leaves out for its length: foreign data, the notebook, docs' commands, services before Kafka, new inputs for properties
	@$(BIN)/pytest $(T) -m nightly
	@VIGIE_EXPLORE=1 $(MAKE) --silent test-unit

test-chaos: setup ## Each part of the whole system is killed under load: nothing is lost, nothing counted twice
	@$(BIN)/pytest -s tests/chaos -m chaos

test-images: setup ## Build every image, start the whole of compose from them, restart and stop it (needs Docker)
	@$(BIN)/pytest tests/images -m images
	@$(BIN)/python tests/images/write_table.py

test-workflows: setup ## GitHub's workflows by act, as far as they go without GitHub (needs Go the first time)
	@act=$$(infra/tools/build.sh act) && ACT="$$act" $(BIN)/pytest infra/platforms -m workflows

test-alone: setup ## Each package in an environment of its own
	@infra/local/test-alone.sh $(UV)

test-all: test test-nightly test-chaos test-alone ## All floors but images and workflows, and each package alone

apt-packages: ## Install what the tests need beside Python, where apt has it and the machine lacks it
	@infra/local/apt-packages.sh

schema-registry: ## Fetch the schema registry that the tests start (needs Maven; 110 MB, once)
	@infra/tools/build.sh schema-registry

influxd: ## Build the InfluxDB server that the tests start (needs Go and Rust; several minutes, once)
	@infra/tools/build.sh influxd

docker-compose: ## Build docker-compose for test-images, where Docker lacks it (needs Go; once)
	@infra/tools/build.sh docker-compose

##@ Measure
load: setup ## Load the whole system while things change (TARGET=gateway: the gateway) and check the budgets (RATE=1000 DURATION=330 CRASH=1 KEEP=1)
	@$(BIN)/python -m vigie_loadtests$(addprefix .,$(TARGET)) --rate $(RATE) --duration $(DURATION) $(if $(CRASH),--crash) $(if $(KEEP),--keep)

load-compare: setup ## Is this checkout slower than another commit? (BASE=commit COMPARED_RATE=500 COMPARED_SECONDS=90)
	$(call ask,BASE,BASE=main~10)
	@$(BIN)/python -m vigie_loadtests.comparison --base "$(BASE)" --rate $(COMPARED_RATE) --duration $(COMPARED_SECONDS)

peers: setup ## Other ways to do the detector's work, measured beside it, half an hour (RATES="100 250 500" ONLY="vigie quix")
	@$(BIN)/python -m vigie_peers --uv $(UV) $(if $(RATES),--rates $(RATES)) $(if $(ONLY),--only $(ONLY))

quality: RATE = 200
quality: setup ## Detection quality on the generator's stream against the targets (SEEDS="7 8 9" TRANSACTIONS=20000 RATE=200 LABELS=1: labels teach)
	@$(BIN)/python -m vigie_loadtests.quality --seeds $(SEEDS) --transactions $(TRANSACTIONS) --rate $(RATE) $(if $(LABELS),--labels)

first-alert: setup ## Time from a clean clone to the first score and the first alert
	@$(BIN)/python -m vigie_loadtests.first_alert

figures: setup ## Forest against scikit-learn, stream against batch: the largest differences
	@$(BIN)/pytest -s -q services/trainer/tests/spark | grep -E "largest difference|failed"
	@$(BIN)/pytest -s -q tests/integration/test_stream_equals_batch.py | grep -E "largest difference|failed"

bench-reasons: setup ## What an alert's reasons and a second stage cost, and that other payments pay nothing for reasons
	@$(BIN)/python -m vigie_backtest.judging_cost services/generator/sample/transactions.parquet 2>/dev/null

bench-shadow: setup ## What a challenger in shadow costs for each thousand transactions
	@$(BIN)/python -m vigie_backtest.shadow_cost

bench-intake: setup ## Reading files beside the readers before there was one reader, and vigie inspect on 1 GB (BASE=6df6c47)
	@$(BIN)/python -m vigie_loadtests.intake $(if $(BASE),--base $(BASE))

bench-delivery: setup ## Alerts in time to a healthy receiver, without loss to a failing one through three SIGKILLs
	@$(BIN)/python -m vigie_loadtests.delivery

bench-sink: RATE = 10000
bench-sink: DURATION = 60
bench-sink: setup ## What records cost the metrics sink, and how exact its latency is (RATE=10000 DURATION=60)
	@$(BIN)/python -m vigie_loadtests.sink intake --rate $(RATE) --seconds $(DURATION)

bench-influx-outage: DURATION = 300
bench-influx-outage: setup ## InfluxDB stops under load: nothing is missing afterwards (RATE=1000 DURATION=300)
	@$(BIN)/python -m vigie_loadtests.sink outage --rate $(RATE) --seconds $(DURATION)

bench-bridge: RECORDS = 200000
bench-bridge: setup ## Records the bridge converts on one core, by format, beside passing them on unchanged (RECORDS=200000)
	@$(BIN)/python -m vigie_loadtests.bridge --records $(RECORDS)

bench-dashboards: setup ## Each panel's query over a day of seconds in a real InfluxDB, slowest first (HOURS=24)
	@$(BIN)/python -m vigie_loadtests.dashboards --hours $(HOURS)

##@ Build and deploy (docs/deployment.md)
images: ## Build an image of each service (VERSION=local BUILD_ARGS="...")
	@infra/platforms/build-images.sh "$(VERSION)" $(BUILD_ARGS)

changes: setup ## What a change concerns: services, tests (BASE=commit; none: everything)
	@$(BIN)/python -m vigie_platforms changes --base "$(BASE)"

image-tag: setup ## Tag of an image: the same inputs, the same tag (SERVICE=trainer)
	$(call ask,SERVICE,SERVICE=trainer)
	@$(BIN)/python -m vigie_platforms tag "$(SERVICE)"

image-digests: setup ## Images of this commit in a registry, and those that are missing (IMAGES=ghcr.io/you/vigie)
	$(call ask,IMAGES,IMAGES=ghcr.io/you/vigie)
	@$(BIN)/python -m vigie_platforms images --prefix "$(IMAGES)"

deploy-targets: setup ## Which service of a platform is to run which image (PLATFORM=render IMAGES=JSON object by service)
	$(call ask,PLATFORM,PLATFORM=render IMAGES={})
	@$(BIN)/python -m vigie_platforms targets "$(PLATFORM)" '$(IMAGES)'

deploy: setup ## Deploy one service by digest, wait for health, roll back if it does not come (PLATFORM= SERVICE= IMAGE=)
	$(call ask,PLATFORM,PLATFORM=render SERVICE=trainer IMAGE=ghcr.io/you/vigie/trainer@sha256:...)
	@$(BIN)/python -m vigie_platforms deploy "$(PLATFORM)" "$(SERVICE)" "$(IMAGE)"

railway-images: setup ## Note which images Railway runs by digest, for the next plan
	@$(BIN)/python -m vigie_platforms running railway --out build/railway-images.json

railway-plan: setup ## What .railway/railway.py would change on Railway; needs its command line
	@infra/platforms/railway.sh plan

railway-apply: setup ## Do what the last plan says
	@infra/platforms/railway.sh apply

.venv/ready: uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml) | $(UV)
	@$(UV) sync --frozen --quiet --python $(PYTHON) && touch $@

$(UV):
	@infra/local/install-uv.sh $(PYTHON)
