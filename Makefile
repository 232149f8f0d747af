# Runs every test and ends with the runner's summary.
test:
	scripts/test

# Sets up PyTorch and builds the program with it.
torch:
	scripts/setup-torch
	cargo build --release --features torch

check:
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --quiet
	if [ -e .torch/ready ]; then cargo clippy --release --all-targets --features torch -- -D warnings; fi

.PHONY: test torch check
