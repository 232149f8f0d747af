//! A folder to go wrong in.

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A sound study.
pub const STUDY: &str = r#"
kind = "search"
name = "small"
seed = 1
replicates = 2
budget = { evaluations = 20 }
[[benchmark]]
name = "nas-bench-graph"
tasks = ["cora", "proteins"]
[[strategy]]
name = "random-search"
[[strategy]]
name = "local-search"
"#;

/// A folder of its own for the program: its data directory is empty.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.put("study.toml", STUDY.as_bytes());
        place
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.at(name), bytes).expect("written");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("archbench").expect("the program");
        command.current_dir(self.0.path()).args(arguments);
        command.env("ARCHBENCH_HOME", self.at("home"));
        command
    }

    pub fn succeeds(&self, arguments: &[&str]) {
        self.command(arguments).assert().success();
    }

    /// The one line of an input error; nothing may have changed below the folder.
    pub fn refused(&self, arguments: &[&str], expected: &str) {
        self.refused_in_lines(1, arguments, expected);
    }

    /// As many mistakes, as many lines.
    pub fn refused_in_lines(&self, lines: usize, arguments: &[&str], expected: &str) {
        let before = contents(self.0.path());
        let assert = self.command(arguments).assert().code(2);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert_eq!(stderr.lines().count(), lines, "{arguments:?}: {stderr}");
        assert!(
            stderr.lines().all(|line| line.starts_with("error: ")),
            "{stderr}"
        );
        assert!(
            stderr.contains(expected),
            "{arguments:?}: expected {expected}, found {stderr}"
        );
        assert!(assert.get_output().stdout.is_empty());
        assert!(
            before == contents(self.0.path()),
            "{arguments:?} left something behind"
        );
    }
}

/// Every file and folder below `dir`, with its bytes.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path.clone());
                found.insert(path, None);
            } else {
                let bytes = std::fs::read(&path).expect("readable");
                found.insert(path, Some(bytes));
            }
        }
    }
    found
}
