# Wirebook. Bare `make` lists the targets.
GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -s -w -X main.version=$(VERSION)
TOOLS   := $(GO) tool -modfile=scripts/tools.mod
FUZZTIME ?= 10s

.DEFAULT_GOAL := help
.PHONY: help build test check fmt vet lint race arm64 fuzz bench bench-compare bench-live generate demo lab lab-ptp soak nicrig clean pgo model bell-lab

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/wirebook (no cgo)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/wirebook ./cmd/wirebook

demo: build ## books from a simulated exchange, live in the terminal, in under 30 s; or PCAP=file PROFILE=name
	@PCAP='$(PCAP)' PROFILE='$(PROFILE)' WIREBOOK=bin/wirebook scripts/demo

test: build ## every test; what cannot run here is listed with its reason
	@GO='$(GO)' scripts/gotest ./...

check: fmt vet lint test ## format, vet, lint, generated files, tests

fmt: ## fail when gofmt would change a file
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }

vet: ## go vet, also for the platforms with other files
	$(GO) vet ./...
	$(GO) vet -tags nicrig ./afxdp ./bpf ./feedhandler/live/... ./feedhandler/feedtest/nictest
	GOARCH=arm64 $(GO) vet ./arbitration ./book ./feedhandler/... ./ptp/... ./shm/... ./afxdp ./bpf
	GOOS=darwin $(GO) vet ./feedhandler/capture ./shm/segment ./ptp/... ./afxdp ./bpf

lint: ## staticcheck, pinned in scripts/tools.mod
	$(TOOLS) staticcheck ./...

race: ## the tests that start goroutines or share memory, under the race detector
	$(GO) test -race -short ./book ./feedhandler/capture/... ./feedhandler/replay/... ./shm/... ./feedhandler/view/... ./ptp/...
	$(GO) test -race -run 'HandOver|TwoWorkers|ReloadMoves|GapWaits|Sleeping' ./feedhandler/live ./feedhandler/live/worker

model: ## the doorbell's protocol checked by spin, and that it finds the mistakes it has to (spin)
	@scripts/model

bell-lab: ## the doorbell between two processes: TRANSITIONS (100000000) of its word and none missed
	WIREBOOK_BELL_TRANSITIONS=$(or $(TRANSITIONS),100000000) $(GO) test -count=1 -timeout 3h -v -run 'TestNoWakeMissed|TestEveryWakeComes' ./shm/segment

QEMU ?= qemu-aarch64-static
arm64: ## the packages with assembly and what stands on them, built for arm64 and tested in an emulator (QEMU)
	@command -v $(QEMU) >/dev/null || { echo "make arm64 needs $(QEMU): apt-get install qemu-user-static, or name another with QEMU="; exit 1; }
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build -o /dev/null ./cmd/wirebook
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -short -exec $(QEMU) ./book ./shm ./arbitration ./ptp ./feedhandler
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec $(QEMU) -run 'Rings|Push|Fetch|Order|Whole|Foreign|Cut' ./afxdp

fuzz: ## every fuzz target for FUZZTIME (10s) each
	@GO='$(GO)' FUZZTIME=$(FUZZTIME) scripts/fuzz

bench: ## a benchmark a stage and one end to end, with allocations; 'bin/wirebook bench' measures the stages beside the machine's floors
	$(GO) test -run '^$$' -bench . -benchmem ./book ./arbitration ./shm ./feedhandler ./feedhandler/capture ./feedhandler/venue/...

pgo: ## collect cmd/wirebook/default.pgo anew, by which 'go build' optimises; after the hot path changed, on a quiet machine: MESSAGES
	@GO='$(GO)' scripts/pgo $(MESSAGES)

bench-compare: ## two revisions in turn, read by benchstat: BASE=rev NEW=rev BENCH=regexp PKG=packages ROUNDS=6 STAGE=book,path CPU=0
	@GO='$(GO)' BASE='$(BASE)' NEW='$(NEW)' BENCH='$(BENCH)' PKG='$(PKG)' ROUNDS='$(ROUNDS)' BENCHTIME='$(BENCHTIME)' \
		STAGE='$(STAGE)' MESSAGES='$(MESSAGES)' CPU='$(CPU)' OUT='$(OUT)' scripts/bench-compare

bench-live: ## receiving by AF_XDP and UDP, ours against C's, cost a packet and one-way times (root, libxdp-dev, libbpf-dev): JSON=file ROUNDS=15
	@$(GO) build -o out/bench-live ./feedhandler/bench/live
	@out/bench-live -rounds '$(or $(ROUNDS),15)' $(if $(JSON),-json '$(JSON)')

generate: ## regenerate what is generated: C header, schemas of the configuration and of the JSON output, ABI golden
	$(GO) generate ./...
	WIREBOOK_UPDATE=1 $(GO) test -run 'TestPublishedSchemaIsCurrent' ./feedhandler/config ./cmd/wirebook

lab: build ## a venue and a feed handler in two network namespaces (root): MODE MESSAGES RATE LOSS_A LOSS_B REORDER FAULT HOSTILE SEED JSON
	@WIREBOOK=bin/wirebook scripts/lab

lab-ptp: build ## the lab with ptp4l between the namespaces: 'wirebook run' reads it (root, linuxptp)
	@WIREBOOK=bin/wirebook PTP=1 MESSAGES=$(or $(MESSAGES),100000) RATE=$(or $(RATE),20000) scripts/lab

soak: build ## the lab for SECONDS (600) at RATE (20000): flat memory, no loss unaccounted for (root)
	@WIREBOOK=bin/wirebook SOAK=$(or $(SECONDS),600) RATE=$(or $(RATE),20000) scripts/lab

nicrig: ## tests on emulated NICs with zero copy and PTP clocks, in a virtual machine: NICRIG=folder of its vmtest.sh
	@GO='$(GO)' NICRIG='$(NICRIG)' scripts/nicrig

clean: ## remove what was built
	rm -rf bin out
