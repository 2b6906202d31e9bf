# Everything a person or CI runs. "make" alone lists it.

GO       ?= go
# More for the test runner: make test TESTFLAGS='-run TestPod -v'
TESTFLAGS ?=
# What to test: make test PACKAGES=./internal/kind/...
PACKAGES ?= ./...
# How many random schedules to run: make simulate SEEDS=1000000
SEEDS    ?= 200000
# Looks up known vulnerabilities in what is called.
VULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# How long each fuzz target runs, and which: make fuzz FUZZTIME=1m FUZZ=config
FUZZTIME ?= 10s
FUZZ     ?=
# How long chaos may take: make chaos CHAOS_BUDGET=1h
CHAOS_BUDGET ?= 10m
# How the demo runs: make demo DEMO=once
DEMO     ?=
# Which bugs to plant: make mutants MUTANTS='delete|adopt'
MUTANTS  ?=
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

LDFLAGS  := -s -w -X github.com/argus-k8s/argus/internal/telemetry.version=$(VERSION)
LINT     := bin/golangci-lint

# The page of the simulator is tested in a real browser, where there is one.
CHROMIUM := $(or $(LMSIM_CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome))
ifeq ($(CHROMIUM),)
export LMSIM_WITHOUT_CHROMIUM := 1
endif

.DEFAULT_GOAL := help
.PHONY: help build demo kubernetes test unit race simulate chaos mutants fuzz memory vulncheck check format vet lint architecture tidy fresh generate clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build argus and lmsim into bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/...

demo: kubernetes ## show Argus at work on a real Kubernetes; DEMO=once needs nobody and ends by itself
	$(GO) run ./test/demo $(if $(filter once,$(DEMO)),-once)

kubernetes: ## build the Kubernetes that demo and tests run on (once, some minutes)
	@$(GO) run ./test/cluster/cmd/controlplane -build

test: kubernetes ## run all tests: units, and integration on a real Kubernetes
	$(if $(CHROMIUM),,@echo "no chromium on this machine: the simulator's page is not tested in a browser")
	$(GO) test -timeout 20m $(TESTFLAGS) $(PACKAGES)

chaos: kubernetes ## break everything around Argus, as much as CHAOS_BUDGET allows, and print a table
	$(GO) -C test/chaos test -timeout 0 -budget=$(CHAOS_BUDGET) $(TESTFLAGS)

unit: ## run the quick tests, those of internal and the files of deploy
	$(GO) test -timeout 10m $(TESTFLAGS) . ./internal/... ./cmd/... ./deploy/...

race: ## run the tests of internal, and some days, under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $(TESTFLAGS) ./internal/...
	CGO_ENABLED=1 $(GO) test -race -timeout 20m -cpu 1,2,8 -run 'TestRecovery/F(1|4|8|22)_' ./test/scenario/day

simulate: ## run SEEDS random schedules of the model world, and every schedule of its small scopes
	$(GO) test -timeout 6h -count=1 -v -run 'TestSimulation|TestRegressions' ./test/simulation -seeds $(SEEDS)
	$(GO) test -timeout 6h -count=1 -v -run TestExplore ./test/simulation -full

memory: kubernetes ## measure what a mirrored pod costs Argus, with 10,000 of them on a real Kubernetes
	$(GO) test -run '^$$' -bench Memory -benchtime 1x -timeout 20m ./test/e2e

fuzz: ## look for inputs that break a parser, FUZZTIME=10s for each; FUZZ=pattern selects
	@failed=; for target in $$(grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' internal | sed 's/:func /:/' | sort); do \
	  folder=$$(dirname "$${target%%:*}"); name=$${target##*:}; \
	  case "$$folder:$$name" in *"$(FUZZ)"*) ;; *) continue;; esac; \
	  echo "==> $$name in $$folder, for $(FUZZTIME)"; \
	  $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "./$$folder" || failed="$$failed $$folder:$$name"; \
	done; if [ -n "$$failed" ]; then echo "failed:$$failed; the inputs are in testdata/fuzz beside the test: keep them"; exit 1; fi

vulncheck: ## look up known vulnerabilities; needs the network for the database
	@out=$$(mktemp); trap 'rm -f "$$out"' EXIT; \
	$(GO) run $(VULNCHECK) ./... >"$$out" 2>&1; code=$$?; cat "$$out"; \
	case $$code in \
	  0) ;; \
	  *) if grep -q '^Vulnerability #' "$$out"; then echo "vulnerable: see above"; \
	     else echo "NOT CHECKED: govulncheck or its database could not be had (see above). Nothing is known about vulnerabilities; docs/dependencies.md has the review by hand"; fi; exit 1;; \
	esac

mutants: ## plant bugs one at a time: the tests must notice each; MUTANTS=regexp for some
	$(GO) run ./test/mutants -run '$(MUTANTS)'

check: format vet lint architecture tidy fresh ## all that CI asks beside the tests

format: ## files are as gofmt writes them
	@files=$$(gofmt -l arch_test.go cmd deploy internal test); \
	  if [ -n "$$files" ]; then echo "not formatted; run gofmt -w on:"; echo "$$files"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: $(LINT) ## golangci-lint, at the version pinned in tools
	$(LINT) run ./...

$(LINT): tools/go.mod tools/go.sum
	@echo "building golangci-lint (once, two to ten minutes)"
	@mkdir -p bin
	$(GO) -C tools build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

architecture: ## who may import whom, and log keys
	$(GO) test -run 'TestArchitecture|TestKeys' . ./internal/telemetry

tidy: ## go.mod and go.sum hold what is needed and no more
	$(GO) mod tidy -diff
	$(GO) -C tools mod tidy -diff
	$(GO) mod verify

fresh: ## generated files are what make generate writes
	@before=$$(git status --porcelain; git diff); $(MAKE) --no-print-directory generate; \
	  after=$$(git status --porcelain; git diff); \
	  if [ "$$before" != "$$after" ]; then git status --short; echo "generated files were stale; commit what make generate wrote"; exit 1; fi

generate: ## write docs/config.md, the ClusterRole and other generated files
	$(GO) generate ./...

clean: ## remove what was built here; the Kubernetes programs stay in the user's cache
	rm -rf bin
