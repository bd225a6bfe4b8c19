# The menu. `make` lists it.

.PHONY: help test lint bench memory torture judge first-sync

help:
	@echo "make test        every test of the workspace"
	@echo "make lint        format, clippy and documentation, warnings being errors"
	@echo "make bench       measurements beside their limits, as ratios"
	@echo "make memory      the peak memory of large syncs"
	@echo "make torture     a process that keeps books, killed 1,000 times"
	@echo "make judge       figures of the judgements on real bank rows, which FINANCE_DATA names"
	@echo "make first-sync  the first example"

# Tests that read public facts or real bank rows from outside the project are listed as ignored, and run when their folder
# is named.
test:
	tests/postgres-server/install.sh
ifneq ($(PLAID_FACTS),)
	cargo test --workspace --locked --tests -- --ignored by_plaid_facts
endif
ifneq ($(FINANCE_DATA),)
	cargo test --workspace --locked --tests -- --ignored by_finance_data
endif
	cargo test --workspace --locked

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench:
	cargo bench --package benches --locked

memory:
	cargo run --release --locked --package benches --bin memory

torture:
	cargo run --locked --package end-to-end --bin torture -- $(KILLS)

judge:
ifeq ($(FINANCE_DATA),)
	@echo "make torture     a process that keeps books, killed 1,000 times"
	@echo "make judge measures on real bank rows: set FINANCE_DATA to their folder" >&2; exit 2
else
	cargo run --release --locked --package end-to-end --bin judge_figures
endif

first-sync:
	cargo run --locked --example first_sync
