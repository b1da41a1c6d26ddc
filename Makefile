# What `sam build` runs for each function of infra/template.yaml: `make build-<logical id>`. The first of them
# compiles all functions in one call, so that what they share is compiled once; the others only copy.
# `make local` builds all for this machine and deploys it on the local stack. docs/deploy.md says what it needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:

# As the template's parameter: arm64 or x86_64.
ARCHITECTURE ?= arm64
CARGO ?= cargo

functions := $(notdir $(wildcard functions/*))
built := $(or $(CARGO_TARGET_DIR),target)/lambda

.PHONY: all
all:
	$(CARGO) lambda build --release --locked \
		$(if $(filter x86_64,$(ARCHITECTURE)),--x86-64,--arm64) $(addprefix --bin ,$(functions))

# AddDomainFunction is the binary add-domain.
build-%Function: all
	binary=$$(sed -E 's/([a-z])([A-Z])/\1-\2/g' <<<'$*' | tr '[:upper:]' '[:lower:]')
	cp "$(built)/$$binary/bootstrap" "$(ARTIFACTS_DIR)/bootstrap"

# What is deployed, built for this machine with the tools of infra/requirements-deploy.txt, from a clean clone.
host := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
tools := $(abspath $(or $(CARGO_TARGET_DIR),target))/deploy-venv
PYTHON ?= python3

$(tools)/complete: infra/requirements-deploy.txt
	$(PYTHON) -m venv --clear "$(tools)"
	"$(tools)/bin/python" -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# Their programs alone: target/lambda/*/bootstrap. tests/cold_start measures them.
.PHONY: compiled
compiled: $(tools)/complete
	PATH="$(tools)/bin:$$PATH" $(MAKE) all ARCHITECTURE=$(host)

# What `sam build` leaves in infra/.aws-sam/build.
.PHONY: built
built: $(tools)/complete
	cd infra
	export PATH="$(tools)/bin:$$PATH" ARCHITECTURE=$(host) SAM_CLI_TELEMETRY=0
	sam build --parameter-overrides Architecture=$(host)

# The same on the local stack, until Ctrl-C.
.PHONY: local
local: built
	$(CARGO) local --built infra/.aws-sam/build

# The same on the local stack for those end-to-end tests whose name contains this.
TEST ?= record_alone
.PHONY: test-built
test-built: built
	LASSO_BUILT="$(CURDIR)/infra/.aws-sam/build" $(CARGO) test --workspace --locked --test end_to_end -- "$(TEST)"
