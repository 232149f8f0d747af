//! NAS-Bench-201's cells as tuples of operations, as NASLib writes them: `(4, 0, 3, 1, 4, 3)`, the operations of the edges
//! 0→1, 0→2, 0→3, 1→2, 1→3, 2→3.

use crate::error::Error;
use crate::space::{Architecture, Nb201, SearchSpace};

/// The operations by their codes in a tuple.
const OPERATIONS: [&str; 5] = [
    "skip_connect",
    "none",
    "nor_conv_3x3",
    "nor_conv_1x1",
    "avg_pool_3x3",
];

/// Reads tuples as architectures.
pub(super) struct Tuples {
    /// The space's option for each code.
    options: [u8; OPERATIONS.len()],
}

impl Tuples {
    pub(super) fn new() -> Self {
        let space = Nb201::shared();
        let known = &space.decisions()[0].options;
        let option = |name| known.iter().position(|k| *k == name);
        Self {
            options: OPERATIONS.map(|name| option(name).expect("the space's own") as u8),
        }
    }

    /// The architecture of a tuple.
    ///
    /// # Errors
    /// When it is not six codes of operations.
    pub(super) fn arch(&self, text: &str) -> Result<Architecture, Error> {
        // The space's edges are in the order of their targets.
        let [e01, e02, e03, e12, e13, e23] = Self::codes(text)?;
        let mut choices = [e01, e02, e12, e03, e13, e23];
        for choice in &mut choices {
            let option = self.options.get(usize::from(*choice));
            *choice = *option.ok_or_else(|| wrong(text))?;
        }
        Ok(Architecture::new(&choices))
    }

    /// The codes of a tuple, or of a list.
    ///
    /// # Errors
    /// When it has not six.
    pub(super) fn codes(text: &str) -> Result<[u8; 6], Error> {
        let inside = |open, close| text.strip_prefix(open)?.strip_suffix(close);
        let inner: Option<&str> = inside('(', ')').or_else(|| inside('[', ']'));
        let mut parts = inner.ok_or_else(|| wrong(text))?.split(',');
        let mut codes = [0; 6];
        for code in &mut codes {
            let part = parts.next().and_then(|part| part.trim().parse().ok());
            *code = part.ok_or_else(|| wrong(text))?;
        }
        match parts.next() {
            None => Ok(codes),
            Some(_) => Err(wrong(text)),
        }
    }
}

#[cold]
fn wrong(text: &str) -> Error {
    let problem = format!("`{text}` is not a tuple of six operations");
    Error::new("architecture", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two rows of the published table of proxies, which has both forms.
    #[test]
    fn tuples_are_the_published_strings() {
        let tuples = Tuples::new();
        for (tuple, text) in [
            (
                "(4, 0, 3, 1, 4, 3)",
                "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|",
            ),
            (
                "(2, 4, 0, 0, 3, 2)",
                "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
            ),
        ] {
            let arch = tuples.arch(tuple).expect("a tuple");
            assert_eq!(Nb201::shared().display(&arch), text);
        }
        for wrong in [
            "",
            "()",
            "(1, 2, 3, 4, 0)",
            "(1, 2, 3, 4, 0, 5)",
            "(1, 2, 3, 4, 0, 1, 1)",
            "1, 2, 3, 4, 0, 1",
            "(1, 2, 3, 4, 0, 1]",
        ] {
            tuples.arch(wrong).expect_err(wrong);
        }
    }
}
