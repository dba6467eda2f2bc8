# Two commands: `make up` brings the platform up and proves it, `make test` proves the project.
# Everything else is `python -m command --help`.

STACK ?= local
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11) python3)
COMMAND = .venv/bin/python -m command

# Container images tend to set it. Each of the hundreds of Python processes that the engine starts (programs,
# plugins) would then compile all it imports anew: half of its time.
unexport PYTHONDONTWRITEBYTECODE

# .venv is complete when it carries the stamp of a lock file's content: a second run costs a `stat`.
RUN_LOCK := .venv/locks/$(shell sha256sum requirements.txt | cut -c1-16)
DEV_LOCK := .venv/locks/$(shell sha256sum requirements-dev.txt | cut -c1-16)
EKS_LOCK := .venv/locks/$(shell sha256sum requirements-eks.txt | cut -c1-16)
# Only a stack that makes something in AWS takes its SDK. That environment does for every other one as well.
ON_EKS := $(shell grep -sE 'provider: *.?eks' stacks/Pulumi.$(STACK).yaml)
ABOVE := $(shell grep -sE 'part: *.?(platform|services)' stacks/Pulumi.$(STACK).yaml)
LOCK := $(if $(ABOVE),$(RUN_LOCK),$(if $(ON_EKS),$(EKS_LOCK),$(RUN_LOCK)))
HEAVY = build or engine or docker or cluster
# Each worker reads every test of the folders that it is given: seven seconds where they are all.
HEAVY_FOLDERS = $(addprefix tests/,build cluster docker engine plans)
# One worker more than cores: some tests wait.
WORKERS = $(shell expr $$(nproc) + 1)
FAST_TESTS = .venv/bin/python -m pytest -q -n $(WORKERS) --maxprocesses 8 -m 'not ($(HEAVY))'

.DEFAULT_GOAL := help
.PHONY: help up down status verify cost test test-fast check bench soak images env doctor clean-cache

help: ## Show this list
	@echo 'kserve-platform: a model-serving platform on any cluster. Start with: make up'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo
	@echo 'Another stack: make up STACK=existing    All options: $(COMMAND) --help'

up: $(LOCK) ## Bring a stack up (default: the local kind cluster) and ask its model what a digit is
	@$(COMMAND) up --stack $(STACK)

down: $(LOCK) ## Take a stack down; the cache stays
	@$(COMMAND) down --stack $(STACK)

status: $(LOCK) ## Show what runs: engine, cluster, layers, services
	@$(COMMAND) status --stack $(STACK)

verify: $(LOCK) ## Ask a running stack for a prediction, an explanation and a v2 inference
	@$(COMMAND) verify --stack $(STACK)

cost: $(RUN_LOCK) ## Estimate what a stack costs an hour and a month: make cost STACK=eks-prod
	@$(COMMAND) cost --stack $(STACK)

test: check ## Run the linters and every test, the end to end ones last
	@$(FAST_TESTS)
	@.venv/bin/python -m pytest -n 3 --no-loadscope-reorder -m '$(HEAVY)' $(HEAVY_FOLDERS)

test-fast: $(DEV_LOCK) ## Run the tests that need neither network nor engine
	@$(FAST_TESTS)

check: $(DEV_LOCK) ## Run the linters: ruff, mypy, import-linter
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

bench: $(DEV_LOCK) ## Measure up, unchanged and down beside a plain kubectl install, then the plugin, the policies and EKS
	@.venv/bin/python -m bench.timings
	@.venv/bin/python -m bench.provider
	@.venv/bin/python -m bench.policies
	@.venv/bin/python -m bench.eks

soak: $(RUN_LOCK) ## Kill it twenty times at random moments and see it recover
	@.venv/bin/python -m bench.soak

images: $(LOCK) ## List every image of a stack: reference, digest, origin, size
	@$(COMMAND) images --stack $(STACK)

env: $(LOCK) ## Print the environment for pulumi, kubectl and docker: eval "$$(make -s env)"
	@$(COMMAND) env --stack $(STACK)

doctor: $(LOCK) ## Check this machine before anything is created
	@$(COMMAND) doctor --stack $(STACK)

clean-cache: $(RUN_LOCK) ## Remove what was downloaded and built
	@$(COMMAND) clean-cache

clean-builds: $(RUN_LOCK) ## Remove Go's caches only: 20 GB that nothing needs once all is built
	@$(COMMAND) clean-cache --builds

# The stamp's name carries the lock's hash, so a changed lock is another target.
$(sort $(RUN_LOCK) $(DEV_LOCK) $(EKS_LOCK)):
	@$(PYTHON) command/bootstrap.py requirements.txt $(if $(filter $@,$(RUN_LOCK)),,requirements-eks.txt) \
		$(if $(filter $@,$(DEV_LOCK)),requirements-dev.txt)
