//! `archbench fetch`.

use super::Failure;
use super::import::Import;
use crate::benchmark::{home, is_shipped};
use crate::error::Error;
use crate::fetch::{Client, Patience, Recipe, fetch, recipe};
use crate::timing::Stopwatch;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// `archbench fetch`.
#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// A recipe of `archbench list recipes`, or a file NAME.toml of that form.
    recipe: String,
    /// The benchmark's name from now on; default: the published one. An existing table of this name is added to.
    #[arg(long)]
    name: Option<String>,
    /// Replace an existing table of this name instead of adding to it.
    #[arg(long)]
    replace: bool,
    /// Keep the published files after the import.
    #[arg(long)]
    keep: bool,
    /// Fetch the published files into this folder, and do not import them.
    #[arg(long, value_name = "FOLDER")]
    only: Option<PathBuf>,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

impl Fetch {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let recipe = match self.recipe.ends_with(".toml") {
            true => Recipe::open(Path::new(&self.recipe))?,
            false => recipe(&self.recipe)?,
        };
        if self.only.is_none() && self.name.is_none() && is_shipped(&recipe.name) {
            return Err(Error::new(&recipe.name, "is shipped with the program")
                .mend("study it as it is, or give another --name")
                .into());
        }
        let folder = match &self.only {
            Some(folder) => folder.clone(),
            None => home().join("downloads").join(&recipe.name),
        };
        let files = self.download(&recipe, &folder)?;
        if self.only.is_some() {
            self.say(&files.display().to_string());
            return Ok(());
        }
        let import = Import::of(&recipe.import, files, self.name.clone(), self.replace);
        import.execute()?;
        if !self.keep {
            std::fs::remove_dir_all(&folder)
                .map_err(|e| Error::new(folder.display(), format!("cannot remove: {e}")))?;
        }
        Ok(())
    }

    fn download(&self, recipe: &Recipe, folder: &Path) -> Result<PathBuf, Error> {
        self.say(&format!("{}; licence {}", recipe.title, recipe.licence));
        let client = Client::new(Patience::default())?;
        let mut progress = Transfer::new(self.quiet);
        let files = fetch(
            &client,
            recipe,
            folder,
            &mut |file, done, all| progress.show(&file.name, done, all.unwrap_or(done)),
            &mut |line| self.say(line),
        );
        progress.finish();
        files
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            println!("{line}");
        }
    }
}

/// Seconds between two plain lines.
const LINE_EVERY_S: u64 = 5;

/// Shows how much of a file is there: a bar on a terminal, a plain line every few seconds elsewhere.
struct Transfer {
    bar: Option<ProgressBar>,
    last_line: Stopwatch,
    is_quiet: bool,
}

impl Transfer {
    fn new(is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let style = "{msg} {bar:40} {bytes}/{total_bytes}, {eta} left";
            let style = ProgressStyle::with_template(style);
            ProgressBar::new(0).with_style(style.unwrap_or(ProgressStyle::default_bar()))
        });
        Self {
            bar,
            last_line: Stopwatch::start(),
            is_quiet,
        }
    }

    fn show(&mut self, name: &str, done: u64, all: u64) {
        if let Some(bar) = &self.bar {
            if bar.message() != name {
                bar.set_message(name.to_string());
            }
            bar.set_length(all);
            bar.set_position(done);
        } else if !self.is_quiet && self.last_line.elapsed().as_secs() >= LINE_EVERY_S {
            eprintln!(
                "{name}: {:.1}/{:.1} MB",
                done as f64 / 1e6,
                all as f64 / 1e6
            );
            self.last_line = Stopwatch::start();
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
