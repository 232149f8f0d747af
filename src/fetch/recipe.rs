//! Recipes: where published files are, and what they must be.
//!
//! A recipe is `datasets/NAME/fetch.toml`. It has direct links (a checksum is pinned only where the published file or
//! its publisher's word was at hand), or says how to get the files by hand.

use crate::error::Error;
use crate::table::is_name;
use serde::Deserialize;
use std::path::Path;

/// Declares the recipes compiled into the program.
macro_rules! recipes {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../datasets/", $name, "/fetch.toml")))),*]
    };
}

/// Every recipe: its name and text.
pub const RECIPES: &[(&str, &str)] = recipes![
    "nas-bench-101",
    "nas-bench-101-only108",
    "ec-nas",
    "nats-bench-topology",
    "nats-bench-size",
    "nas-bench-201",
    "mini-nas-bench-201",
    "nas-bench-301",
    "nas-bench-macro",
    "nas-bench-graph",
    "nas-bench-graph-full",
    "nas-bench-nlp",
    "suite-zero",
    "zero-cost-proxies-nas-bench-201",
    "transnas-bench-101",
    "hw-nas-bench",
    "hw-nas-bench-csv",
    "help-latency",
    "accel-nas-bench",
    "baker-curves",
    "naap-440",
    "lcbench",
];

/// Where a benchmark's published files are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name: that of its folder, or of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is, in one line.
    pub title: String,
    /// The data's licence.
    pub licence: String,
    /// The importer that reads the files.
    pub import: String,
    /// Files with direct links.
    #[serde(default, rename = "file")]
    pub files: Vec<RemoteFile>,
    /// How to get the files where there is no direct link.
    pub by_hand: Option<ByHand>,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFile {
    /// Its name on disk.
    pub name: String,
    /// Its direct, stable link.
    pub url: String,
    /// Its length, where it is known.
    pub bytes: Option<u64>,
    /// Its SHA-256, where it is known.
    pub sha256: Option<String>,
}

/// What a person has to do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// What to get from where.
    pub get: String,
    /// What is imported then.
    pub path: String,
}

impl ByHand {
    /// The steps, as an error's way out.
    pub(super) fn error(&self, recipe: &Recipe) -> Error {
        Error::new(&recipe.name, "no direct link is published").mend(format!(
            "{}; then: archbench import {} {}",
            self.get, recipe.import, self.path
        ))
    }
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// When it is not one; `place` says where it was found.
    pub fn parse(place: &str, name: &str, text: &str) -> Result<Self, Error> {
        let mut recipe: Self = toml::from_str(text).map_err(|e| Error::new(place, e.message()))?;
        recipe.name = name.to_string();
        let problem = match (&recipe.files[..], &recipe.by_hand) {
            ([], None) | ([_, ..], Some(_)) => {
                Some("expected either `file` or `by_hand`".to_string())
            }
            (files, _) => files.iter().find_map(RemoteFile::problem),
        };
        match problem {
            None => Ok(recipe),
            Some(problem) => Err(Error::new(place, problem)),
        }
    }

    /// Reads the recipe in a file; its name is the file's.
    ///
    /// # Errors
    /// When it cannot be read or is not one.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(&place, format!("cannot read: {e}")))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        match is_name(&name) {
            true => Self::parse(&place, &name, &text),
            false => Err(Error::new(&place, format!("`{name}` is not a name"))
                .mend("call the file NAME.toml: lower-case letters, digits, `-`, `_` and `.`")),
        }
    }

    /// The bytes of all files, where all are known.
    pub fn bytes(&self) -> Option<u64> {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

impl RemoteFile {
    fn problem(&self) -> Option<String> {
        let is_plain = !self.name.is_empty()
            && !self.name.starts_with('.')
            && !self.name.contains(['/', '\\', ':', '\0']);
        let is_hex = |sum: &String| sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_plain {
            return Some(format!("`{}` is not the name of a file", self.name));
        }
        if !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            return Some(format!("`{}` is not a link", self.url));
        }
        match &self.sha256 {
            Some(sum) if !is_hex(sum) => Some(format!("`{sum}` is not a SHA-256")),
            _ => None,
        }
    }
}

/// The recipe of this name.
///
/// # Errors
/// When there is none, with the nearest name.
pub fn recipe(name: &str) -> Result<Recipe, Error> {
    match RECIPES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Recipe::parse(name, name, text),
        None => Err(Error::unknown_name(
            "fetch",
            "recipe",
            name,
            RECIPES.iter().map(|(known, _)| *known),
        )),
    }
}

/// All recipes, read.
///
/// # Errors
/// When one is not a recipe.
pub fn recipes() -> Result<Vec<Recipe>, Error> {
    RECIPES
        .iter()
        .map(|(name, text)| Recipe::parse(name, name, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::IMPORTERS;

    #[test]
    fn every_recipe_reads_and_names_an_importer() {
        for recipe in recipes().expect("recipes") {
            let is_known = IMPORTERS.iter().any(|i| i.name == recipe.import);
            assert!(is_known, "{}: no importer `{}`", recipe.name, recipe.import);
            for file in &recipe.files {
                assert!(file.url.starts_with("https://"), "{}", file.url);
            }
        }
    }

    /// Where any file is known by its length, its checksum is too: both are from the published file.
    #[test]
    fn lengths_come_with_checksums() {
        for recipe in recipes().expect("recipes") {
            for file in recipe.files.iter().filter(|f| f.bytes.is_some()) {
                assert!(file.sha256.is_some(), "{}", file.name);
            }
        }
    }

    #[test]
    fn what_is_no_recipe_is_refused() {
        let head = "title = \"t\"\nlicence = \"l\"\nimport = \"plain\"\n";
        let file = |name: &str, url: &str, sum: &str| {
            format!("{head}[[file]]\nname = \"{name}\"\nurl = \"{url}\"\n{sum}")
        };
        let parse = |text: &str| Recipe::parse("test", "test", text);
        parse(&file("a.csv", "https://example.org/a.csv", "")).expect("a recipe");
        for text in [
            head.to_string(),
            format!(
                "{head}[by_hand]\nget = \"it\"\npath = \"p\"\n[[file]]\nname = \"a\"\nurl = \"https://a\"\n"
            ),
            file("../a", "https://example.org/a", ""),
            file("", "https://example.org/a", ""),
            file("a", "file:///etc/passwd", ""),
            file("a", "https://example.org/a", "sha256 = \"abc\"\n"),
            file("a", "https://example.org/a", "md5 = \"abc\"\n"),
        ] {
            parse(&text).expect_err(&text);
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_answered_with_the_name() {
        let error = recipe("nats-bench-topolgy")
            .expect_err("unknown")
            .to_string();
        assert!(
            error.ends_with("did you mean `nats-bench-topology`?"),
            "{error}"
        );
    }
}
