//! Records which commit and toolchain the binary was built from, for the lock file of a study, and where PyTorch lies.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Where these lie depends on the checkout: a linked worktree keeps them elsewhere.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = output("git", &["rev-parse", "--git-path", name]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    if let Some(commit) = output("git", &["rev-parse", "HEAD"]) {
        println!("cargo:rustc-env=ARCHBENCH_GIT_COMMIT={commit}");
    }
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    if let Some(version) = output(&rustc, &["--version"]) {
        println!("cargo:rustc-env=ARCHBENCH_TOOLCHAIN={version}");
    }
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        rpath(&folder);
    }
    if let Ok(target) = std::env::var("TARGET") {
        println!("cargo:rustc-env=ARCHBENCH_TARGET={target}");
    }
}

/// Lets the program find PyTorch's library where it was built against it, following links to the real folder.
fn rpath(folder: &str) {
    let library = std::path::Path::new(folder).join("libtorch_cpu.so");
    let library = library.canonicalize().unwrap_or(library);
    if let Some(folder) = library.parent() {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_string())
}
