# The menu. `make` lists it.

.PHONY: help test lint bench memory torture judge first-sync python python-build python-stubs python-wheel ml-worker

help:
	@echo "make test        every test of the workspace"
	@echo "make python      the Python package: built, its types checked, its tests run"
	@echo "make ml-worker   the example of a machine-learning worker in Python: its types and tests"
	@echo "make python-wheel  the wheel for Linux, built and tried in an environment of its own; a release build"
	@echo "make python-stubs  writes the package's types anew, after a change of its classes"
	@echo "make lint        format, clippy and documentation, warnings being errors"
	@echo "make bench       measurements beside their limits, as ratios"
	@echo "make memory      the peak memory of large syncs"
	@echo "make torture     a process that keeps books, killed 1,000 times"
	@echo "make judge       figures of the judgements on real bank rows, which FINANCE_DATA names"
	@echo "make first-sync  the first example"

# Tests that read public facts or real bank rows from outside the project are listed as ignored, and run when their folder
# is named. Tests behind a pooler and on a disk of their own are ignored, too, and run where the machine has what they take.
test:
	tests/postgres-server/install.sh
ifneq ($(PLAID_FACTS),)
	cargo test --workspace --locked --tests -- --ignored by_plaid_facts
endif
ifneq ($(FINANCE_DATA),)
	cargo test --workspace --locked --tests -- --ignored by_finance_data
endif
	cargo test --workspace --locked
	if PATH="$$PATH:/usr/sbin" command -v pgbouncer >/dev/null; then \
		cargo test --workspace --locked --test it -- --ignored poolers; fi
	if unshare --user --map-root-user --mount true 2>/dev/null; then \
		cargo test --workspace --locked --test it -- --ignored small_disks; fi
	$(MAKE) python
	$(MAKE) ml-worker

PYTHON_VENV := $(CURDIR)/target/python-venv
PYTHON_TYPES := python/finance_tracker/_engine.pyi
# With what the types are made from, so that one build serves for them and for the tests. Wheels are built without.
PYTHON_FEATURES := stubs
# Where the programs of the virtual environment are found first, and everything is built into the workspace's own target.
IN_PYTHON := cd bindings/python && PATH="$(PYTHON_VENV)/bin:$$PATH" VIRTUAL_ENV="$(PYTHON_VENV)" \
	CARGO_TARGET_DIR="$(CURDIR)/target"

# Whoever changes a class commits the types that follow from it; pyright's own count must be 100 per cent. The tests on PostgreSQL
# run by themselves, since pytest fails where it runs none.
python: python-build
	tests/postgres-server/install.sh
	cargo build --locked --package plaid-simulator --package postgres-server
	$(IN_PYTHON) maturin generate-stubs --locked --features $(PYTHON_FEATURES) --out "$(CURDIR)/target/python-stubs"
	cmp target/python-stubs/finance_tracker/_engine.pyi bindings/python/$(PYTHON_TYPES) || \
		{ echo "the committed types are not those of the classes: make python-stubs" >&2; exit 1; }
	$(IN_PYTHON) python -m mypy.stubtest finance_tracker._engine
	$(IN_PYTHON) mypy --strict python tests
	$(IN_PYTHON) pyright --ignoreexternal --verifytypes finance_tracker
	$(IN_PYTHON) FINANCE_PROGRAMS="$(CURDIR)/target/debug" python -m pytest -m "not postgres"
	$(IN_PYTHON) FINANCE_PROGRAMS="$(CURDIR)/target/debug" python -m pytest -m postgres

python-build:
	bindings/python/venv.sh "$(PYTHON_VENV)"
	$(IN_PYTHON) maturin develop --locked --quiet --features $(PYTHON_FEATURES)

# The example of a machine-learning worker, on the package as it was built.
ml-worker: python-build
	examples/python/ml_worker/install.sh "$(PYTHON_VENV)"
	cd examples/python/ml_worker && "$(PYTHON_VENV)/bin/mypy" .
	cd examples/python/ml_worker && "$(PYTHON_VENV)/bin/python" -m pytest

python-stubs:
	bindings/python/venv.sh "$(PYTHON_VENV)"
	$(IN_PYTHON) maturin generate-stubs --locked --features $(PYTHON_FEATURES) --out "$(CURDIR)/target/python-stubs"
	cp target/python-stubs/finance_tracker/_engine.pyi bindings/python/$(PYTHON_TYPES)

python-wheel:
	bindings/python/venv.sh "$(PYTHON_VENV)"
	CARGO_TARGET_DIR="$(CURDIR)/target" bindings/python/wheel.sh "$(PYTHON_VENV)" "$(CURDIR)/target/wheels"

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
	@echo "make judge measures on real bank rows: set FINANCE_DATA to their folder" >&2; exit 2
else
	cargo run --release --locked --package end-to-end --bin judge_figures
endif

first-sync:
	cargo run --locked --example first_sync
