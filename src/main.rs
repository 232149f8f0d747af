//! The `archbench` program.

/// Importing and fitting make and drop much memory on many threads, at which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    archbench::cli::main()
}
