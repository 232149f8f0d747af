//! The one error a user sees: what is wrong, where, and how to mend it, in one line.

use std::fmt;

/// A problem with something the user gave: a study, a table, a folder, a name.
///
/// Displays as `place: problem; mend` on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    place: String,
    problem: String,
    mend: Option<String>,
}

impl Error {
    /// An error at `place` (a file, a key, a name) saying what was found there and what was expected.
    pub fn new(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self {
            place: one_line(place),
            problem: one_line(problem),
            mend: None,
        }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn mend(mut self, mend: impl fmt::Display) -> Self {
        self.mend = Some(one_line(mend));
        self
    }

    /// Prefixes the place, for example with the file that contains it.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.place = format!("{}: {}", one_line(outer), self.place);
        self
    }

    /// An unknown name, with the nearest known one as a suggestion.
    pub fn unknown_name<'a>(
        place: impl fmt::Display,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let error = Self::new(place, format!("unknown {kind} `{name}`"));
        match nearest(name, &known) {
            Some(near) => error.mend(format!("did you mean `{near}`?")),
            None => error.mend(format!("known: {}", known.join(", "))),
        }
    }
}

/// The known name nearest to `name` by edit distance, if it is near enough to be a slip of the pen.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), *k))
        .filter(|(distance, k)| *distance <= 1 + k.len().max(name.len()) / 4)
        .min()
        .map(|(_, k)| k)
}

fn one_line(text: impl fmt::Display) -> String {
    let text = text.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        match &self.mend {
            Some(mend) => write!(f, "; {mend}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_lists_all() {
        let known = ["random-search", "local-search"];
        let near = Error::unknown_name("study.toml", "strategy", "randon-search", known);
        assert_eq!(
            near.to_string(),
            "study.toml: unknown strategy `randon-search`; did you mean `random-search`?"
        );
        let far = Error::unknown_name("study.toml", "strategy", "bohb", known);
        assert!(
            far.to_string()
                .ends_with("known: random-search, local-search")
        );
    }

    #[test]
    fn errors_are_one_line() {
        let error = Error::new("a\nb", "c\n   d").mend("e\nf").within("g");
        assert_eq!(error.to_string(), "g: a b: c d; e f");
    }
}
