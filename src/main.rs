//! The `archbench` program.

fn main() -> std::process::ExitCode {
    archbench::cli::main()
}
