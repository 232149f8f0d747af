//! The program itself, run with a data directory of its own.

use std::path::Path;
use std::process::Command;

/// The exit code, and what was said.
pub fn archbench(home: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archbench"));
    let done = command.args(words).env("ARCHBENCH_HOME", home);
    let done = done.output().expect("runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let said = said + &String::from_utf8_lossy(&done.stderr);
    (done.status.code(), said)
}
