# Runs every test and ends with the runner's summary.
test:
	cargo test --release

check:
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --quiet

.PHONY: test check
