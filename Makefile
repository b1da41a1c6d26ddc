# What `sam build` runs for each function of infra/template.yaml: `make build-<logical id>`. The first of them
# compiles all functions in one call, so that what they share is compiled once; the others only copy.
# docs/deploy.md says what it needs.

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
