# The menu. `make` lists it.

.PHONY: help test lint bench memory first-sync

# Tests that read files from outside the project are listed as ignored, and run when the folder is named.
OUTSIDE := $(if $(PLAID_FACTS),-- --include-ignored)

help:
	@echo "make test        every test of the workspace"
	@echo "make lint        format, clippy and documentation, warnings being errors"
	@echo "make bench       measurements beside their limits, as ratios"
	@echo "make memory      the peak memory of large syncs"
	@echo "make first-sync  the first example"

test:
	cargo test --workspace --locked $(OUTSIDE)

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench:
	cargo bench --package benches --locked

memory:
	cargo build --release --locked --package plaid-simulator --package benches
	cargo run --release --locked --package benches --bin memory

first-sync:
	cargo run --locked --example first_sync
