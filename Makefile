# Sitekeeper: how it is built, run and tested. `make help` lists the targets.
#
# The browser's half is made in three steps: cargo compiles `app` to WebAssembly, wasm-bindgen writes the JavaScript
# around it, wasm-opt shrinks it. server/build.rs then puts the result into the binary.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Two builds at once would only wait for each other's lock.
.NOTPARALLEL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

export CARGO_TARGET_DIR := $(CURDIR)/target
# Queries are checked against the committed .sqlx; `make prepare` renews it.
export SQLX_OFFLINE := true

# PROFILE=dev builds fast and unoptimised, for `make dev`.
PROFILE ?= release
ifeq ($(PROFILE),release)
SITE := target/site
BINARY := target/release/sitekeeper
WASM_PROFILE := wasm
WASM := target/wasm32-unknown-unknown/wasm/app.wasm
# In `make dev` all pages load all islands.
FEW := $(SITE)/sitekeeper_few_bg.wasm
else ifeq ($(PROFILE),dev)
SITE := target/site-dev
BINARY := target/debug/sitekeeper
WASM_PROFILE := dev
WASM := target/wasm32-unknown-unknown/debug/app.wasm
export SITEKEEPER_SITE := $(SITE)
else
$(error PROFILE is $(PROFILE); it must be release or dev)
endif

# How long `make crash` lets things go wrong.
MINUTES ?= 3

WASM_BINDGEN := target/tools/bin/wasm-bindgen
# The CLI must be of the very version that the crate has.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
NODE_MODULES := node_modules/.package-lock.json

, := ,

# Standard output is for what was asked for; what is going on goes to standard error.
say = echo "==> $(1)" >&2
fail = { echo "make: $(1)" >&2; exit 1; }
# What tells a Debian-like machine on which we may install packages.
can_apt = [[ $$EUID -eq 0 ]] && command -v apt-get >/dev/null
apt_install = { $(call say,Installing $(1) from Debian); apt-get update -qq >&2; \
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >&2; }

.PHONY: help run build test dev crash bench simulate nab prepare fmt lint clean cargo wasm-target postgres chromium FORCE

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: postgres build ## Install what is missing, build the release, and serve the console on 127.0.0.1:3000
	@$(call say,Starting Sitekeeper; Ctrl-C stops it)
	@exec $(BINARY) serve

build: cargo $(SITE)/sitekeeper_bg.wasm $(FEW) $(SITE)/sitekeeper.css ## Build target/release/sitekeeper, browser assets included
	@$(call say,Building the server)
	@cargo build --profile $(PROFILE) --package sitekeeper

test: build postgres chromium ## Run every test: unit, property, integration, browser
	@failed=0; \
	$(call say,Unit$(,) property and integration tests); \
	tests/with-postgres.sh bash -c 'export SITEKEEPER_TEST_DATABASE_URL=$$DATABASE_URL; unset DATABASE_URL; \
		cargo test --workspace --no-fail-fast' || failed=1; \
	$(call say,Browser tests); \
	node --test --test-reporter=spec tests/e2e/*.test.mjs || failed=1; \
	exit $$failed

dev: postgres cargo ## Rebuild and restart the server whenever a source changes
	@mkdir -p target; server=; \
	trap '[[ -z $$server ]] || { kill $$server; wait $$server; } 2>/dev/null || true' EXIT; \
	while :; do \
		touch target/dev.stamp; \
		if $(MAKE) build PROFILE=dev; then \
			if [[ -n $$server ]]; then kill $$server 2>/dev/null || true; wait $$server || true; fi; \
			target/debug/sitekeeper serve & server=$$!; \
			$(call say,Serving; reload the page in the browser. Waiting for a change); \
		else \
			$(call say,The build failed. Waiting for a change); \
		fi; \
		until [[ -n $$(find app server migrations style public Cargo.toml .sqlx -newer target/dev.stamp -print -quit) ]]; do \
			sleep 0.5; \
		done; \
	done

crash: build postgres ## Kill and starve it under load, then check every count: MINUTES=3 SEED=a number
	@$(call say,Building the crash test)
	@cargo build --release --package sitekeeper-tests --bin crash
	@target/release/crash --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench: build postgres ## Measure against the budgets, or only ROWS=events,stats; prints JSON lines
	@$(call say,Building the load generator)
	@cargo build --release --package sitekeeper-tests --bins
	@target/release/bench $(if $(ROWS),--rows $(ROWS)) $(if $(LEVELS),--levels $(LEVELS))

simulate: cargo ## Detect incidents in simulated weeks of 200 sites: SEED=a number; prints JSON lines
	@$(call say,Building the simulation)
	@cargo build --release --package sitekeeper-tests --bin simulate
	@target/release/simulate $(if $(SEED),--seed $(SEED))

nab: cargo ## Score detection on the labelled series in DATA=a directory; prints JSON lines
	@$(call say,Building the scorer)
	@cargo build --release --package sitekeeper-tests --bin nab
	@target/release/nab $(if $(DATA),--data $(DATA))

prepare: cargo postgres ## Check the SQL against a temporary PostgreSQL and renew .sqlx
	@$(call say,Describing the queries)
	@rm -rf target/sqlx; mkdir -p target/sqlx; touch app/src/lib.rs
	@SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$(CURDIR)/target/sqlx \
		tests/with-postgres.sh cargo check --package app --all-targets
	@rm -rf .sqlx; mv target/sqlx .sqlx

fmt: ## Format the code
	@cargo fmt --all

lint: cargo wasm-target ## Check the format, and run clippy for the server and the browser
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || rustup component add rustfmt clippy
	@$(call say,Checking the format)
	@cargo fmt --all --check
	@$(call say,Clippy for the server)
	@cargo clippy --workspace --all-targets -- -D warnings
	@$(call say,Clippy for the browser)
	@cargo clippy --package app --lib --target wasm32-unknown-unknown -- -D warnings

clean: ## Remove everything that was built; the data directory stays
	@rm -rf target node_modules

# The browser's half. Cargo knows what is stale; a file it leaves alone stops make from going on.

$(WASM): FORCE | cargo wasm-target
	@$(call say,Compiling the islands to WebAssembly)
	@cargo rustc --package app --lib --crate-type cdylib --profile $(WASM_PROFILE) --target wasm32-unknown-unknown

# wasm-opt keeps to the features that the compiler declared in the module: with --all-features it writes ones that no
# browser has yet.
$(SITE)/sitekeeper_bg.wasm: $(WASM) $(WASM_BINDGEN) $(NODE_MODULES) Makefile
	@$(call say,Writing the JavaScript around it)
	@rm -rf target/bindgen; mkdir -p $(@D)
	@$(WASM_BINDGEN) --target web --no-typescript --out-dir target/bindgen --out-name sitekeeper $<
ifeq ($(PROFILE),release)
	@$(call say,Shrinking the WebAssembly)
	@node_modules/.bin/wasm-opt -Oz target/bindgen/sitekeeper_bg.wasm -o target/bindgen/sitekeeper_bg.wasm
endif
	@cp -r target/bindgen/. $(@D)/

# The same without the rare islands (app/src/lib.rs), a third smaller, which most pages load. Cargo gives both the same
# name: the one with all of them is put back, so that neither is taken for the other.
target/site/sitekeeper_few_bg.wasm: $(SITE)/sitekeeper_bg.wasm
	@$(call say,Compiling the islands that most pages have)
	@cp -p $(WASM) target/all.wasm; rm -f $(dir $(WASM))deps/app.wasm
	@cargo rustc --package app --lib --crate-type cdylib --profile $(WASM_PROFILE) --target wasm32-unknown-unknown -- --cfg few
	@rm -rf target/bindgen
	@$(WASM_BINDGEN) --target web --no-typescript --out-dir target/bindgen --out-name sitekeeper_few $(WASM)
	@cp -p target/all.wasm $(WASM); cp -p target/all.wasm $(dir $(WASM))deps/app.wasm
	@node_modules/.bin/wasm-opt -Oz target/bindgen/sitekeeper_few_bg.wasm -o target/bindgen/sitekeeper_few_bg.wasm
	@cp -r target/bindgen/. $(@D)/

$(SITE)/sitekeeper.css: $(wildcard style/*.css) $(NODE_MODULES)
	@$(call say,Bundling the stylesheets)
	@mkdir -p $(@D)
	@node_modules/.bin/lightningcss --minify --bundle style/main.css --output-file $@

# The tools.

cargo:
	@command -v cargo >/dev/null || $(call fail,Rust is not installed: see rustup.rs)

wasm-target: | cargo
	@if [[ ! -d $$(rustc --print target-libdir --target wasm32-unknown-unknown) ]]; then \
		command -v rustup >/dev/null || \
			$(call fail,Rust has no target wasm32-unknown-unknown; install it with rustup or your package manager); \
		$(call say,Installing the Rust target for WebAssembly); \
		rustup target add wasm32-unknown-unknown; \
	fi

# Without --locked: with the versions its own lockfile names, it does not compile on this compiler.
$(WASM_BINDGEN): FORCE | cargo
	@if [[ $$($@ --version 2>/dev/null) != "wasm-bindgen $(WASM_BINDGEN_VERSION)" ]]; then \
		$(call say,Installing the wasm-bindgen CLI $(WASM_BINDGEN_VERSION)); \
		cargo install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root target/tools --bin wasm-bindgen; \
	fi

$(NODE_MODULES): package.json package-lock.json
	@[[ $$(node --print 'parseInt(process.versions.node)' 2>/dev/null || echo 0) -ge 18 ]] && command -v npm >/dev/null || \
		$(call fail,Node.js 18 or newer and npm are not installed; on Debian: apt-get install nodejs npm)
	@$(call say,Installing wasm-opt$(,) lightningcss and the browser driver)
	@npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

# Debian's package would also make and start a cluster on port 5432, which nobody asked for.
postgres:
	@if [[ -z $${DATABASE_URL:-} ]] && ! command -v initdb >/dev/null && \
		! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! pg_config --bindir >/dev/null 2>&1; then \
		$(can_apt) || $(call fail,PostgreSQL 15 or newer is not installed; on Debian: apt-get install postgresql); \
		mkdir -p /etc/postgresql-common/createcluster.d; \
		echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/sitekeeper.conf; \
		$(call apt_install,postgresql); \
	fi

chromium:
	@if [[ -z $${CHROMIUM:-} ]] && ! command -v chromium chromium-browser google-chrome >/dev/null; then \
		$(can_apt) || $(call fail,Chromium is not installed; on Debian: apt-get install chromium); \
		$(call apt_install,chromium); \
	fi
